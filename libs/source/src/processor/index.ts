export { fetchAnswer } from './answer';
export { PROCESSORS_VARIABLE } from './command';
export { answerFiles, answersSpec, isAnswer } from './ranges';
