export { httpFault } from './fault';
export { HEADERS_VARIABLE, headersFor, withoutSecrets } from './headers';
export * from './request';
