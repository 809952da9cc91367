import { VectralError } from '../errors.js';

/** No place that was looked at holds the model. */
export class ModelNotFoundError extends VectralError {
  constructor(message: string) {
    super('MODEL_NOT_FOUND', message);
  }
}

/** The hub could not be reached, or refused. */
export class HubError extends VectralError {
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined;
  constructor(message: string, status?: number, options?: { cause?: unknown }) {
    super('HUB', message, options);
    this.status = status;
  }
}
