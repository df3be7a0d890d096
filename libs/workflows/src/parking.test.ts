import { Parking } from './parking';

it('a signal counts only while the partition is parked, and the last one of them', () => {
  const parking = new Parking();
  parking.ask('skip');
  parking.park();
  expect(parking.wanted).toBeUndefined();
  parking.ask('skip');
  parking.ask('retry');
  expect(parking.wanted).toBe('retry');
  parking.leave();
  parking.ask('skip');
  expect(parking.wanted).toBe('retry');
  parking.park();
  expect(parking.wanted).toBeUndefined();
});
