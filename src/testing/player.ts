import type { Catalogue } from './catalogue/catalogue.ts'
import { hashText, hex } from './random.ts'

export interface FakeDevice {
  readonly id: string
  readonly name: string
  readonly type: string
  active: boolean
  /** `null` where the device has no volume of its own. */
  volume: number | null
}

/** What plays for one user, and where. */
export class Player {
  readonly devices: FakeDevice[]
  readonly catalogue: Catalogue

  constructor(userId: string, catalogue: Catalogue) {
    this.catalogue = catalogue
    const salt = hashText(userId)
    this.devices = [
      { id: hex(40, salt, 1), name: 'Kitchen Speaker', type: 'Speaker', active: false, volume: 35 },
      { id: hex(40, salt, 2), name: 'Study Computer', type: 'Computer', active: false, volume: 70 },
      { id: hex(40, salt, 3), name: 'Hall Television', type: 'TV', active: false, volume: null },
    ]
  }
}
