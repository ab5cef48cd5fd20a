/** The place of the first steps until they are there, so that nothing moves then. */
export function StepsPlace() {
  return <div className="h-9 shrink-0 bg-panel" />
}
