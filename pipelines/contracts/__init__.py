"""From published notices to contracts: who signed, for how much, until when, who is behind the reseller."""
