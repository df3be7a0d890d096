export { httpFault } from './fault';
export * from './request';
