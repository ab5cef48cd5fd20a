/** The setup of every unit test: the source texts are shown as they stand in the code. */

import { i18n } from '@lingui/core'

i18n.loadAndActivate({ locale: 'en', messages: {} })
