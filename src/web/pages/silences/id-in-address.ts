/** An id as a route's parameter holds it. The router leaves signs such as `:` encoded, which a window's id may hold. */
export function idInAddress(param: string): string {
  try {
    return decodeURIComponent(param);
  } catch {
    return param;
  }
}
