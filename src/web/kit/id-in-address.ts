/** An id as it stands in the path: the router leaves signs such as the `#` of `PB-Quick#1` and the `:` of a window's id encoded. */
export function idInAddress(param: string): string {
  try {
    return decodeURIComponent(param);
  } catch {
    return param; // a stray % that somebody typed
  }
}
