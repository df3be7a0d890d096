export { httpFault } from './fault';
export { HEADERS_VARIABLE, withoutSecrets } from './headers';
export * from './request';
