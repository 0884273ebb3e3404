/** An id as it stands in the path: the router leaves signs such as `#` of `PB-Quick#1` encoded. */
export function idInAddress(param: string): string {
  try {
    return decodeURIComponent(param);
  } catch {
    return param; // a stray % that somebody typed
  }
}
