"""What a group is on this device: policy, leaves, rules, epochs, its MLS state and its ledger of events."""
