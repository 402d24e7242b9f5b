/// The driver's program text: see `Resources/driver.sh`.
public let driverText = String(decoding: PackageResources.driver_sh, as: UTF8.self)
