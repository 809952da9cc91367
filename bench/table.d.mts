export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string;
export function render(report: object, options?: { brief?: boolean }): string;
export function replaceBetweenMarkers(page: string, text: string, name: string): string;
