import type { Define } from '../cli';
import { define as create } from './schedulecreate';
import { define as remove } from './scheduledelete';
import { define as list } from './schedulelist';
import { define as pause } from './schedulepause';
import { define as trigger } from './scheduletrigger';
import { define as unpause } from './scheduleunpause';

/** `parquetry schedule …` */
export const define: Define = ({ group }) =>
  group('schedule', 'run backfills on a schedule; pause, trigger and delete schedules', 'Run', [
    create,
    list,
    trigger,
    pause,
    unpause,
    remove,
  ]);
