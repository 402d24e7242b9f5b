import OfflineProxy
import Testing

@Suite struct ForwardProxyTests {}
