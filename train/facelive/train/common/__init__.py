"""What several training loops share: order of examples, averaged weights, check points, devices, scalars."""
