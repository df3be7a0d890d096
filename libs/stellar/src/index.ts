export * from './sep54';
