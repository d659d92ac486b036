/** Where a time stands in a panel. */
export interface Scale {
  /** The first and the last millisecond that the panel shows. */
  readonly from: number
  readonly to: number
  /** Where a time stands, in percent of the panel's width; times beyond its edges stand at the edge. */
  percent(at: number): number
  /** Milliseconds since the rotation began. */
  sinceStart(at: number): number
}

/** @param start when the rotation began, which is the zero of the axis */
export function scaleOf(start: number, from: number, to: number): Scale {
  return {
    from,
    to,
    percent(at) {
      const within = Math.min(to, Math.max(from, at))
      return Number(((100 * (within - from)) / (to - from)).toFixed(2))
    },
    sinceStart: (at) => Math.round(at - start),
  }
}

const widths = [20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000]
const mostTicks = 6
/** The label of a later tick would stand beside the page. */
const lastPercent = 88

/** The marks of the axis: few enough for a telephone, at round numbers. */
export function ticks({ from, to, percent, sinceStart }: Scale): { readonly at: number; readonly label: string }[] {
  const width = widths.find((each) => (to - from) / each <= mostTicks) ?? to - from
  const first = Math.ceil(sinceStart(from) / width)
  const last = Math.floor(sinceStart(to) / width)
  const start = from - sinceStart(from)
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * width)
    .map((ms) => ({ at: percent(start + ms), label: `${ms} ms` }))
    .filter(({ at }) => at < lastPercent)
}
