/** The layouts of the trading page, of which a visit loads one. */

/** The media query of tablets and desktops. */
export const WIDE = '(min-width: 48rem)'

export const loadDesktop = () => import('@/pages/trade-desktop')
export const loadPhone = () => import('@/pages/trade-phone')

/** Loads the layout that fits the window. */
export const loadView = () => (matchMedia(WIDE).matches ? loadDesktop() : loadPhone())
