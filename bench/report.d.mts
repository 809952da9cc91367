export function renderReport(report: object): string;
