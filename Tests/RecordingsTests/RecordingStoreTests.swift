import Recordings
import Testing

@Suite struct RecordingStoreTests {}
