package async

import "github.com/isyswasfa/isyswasfa/guest/wit/types"

// U8 is the vtable of stream<u8>: wasi:io's input-stream and output-stream,
// made by isyswasfa:io/pipe.
var U8 = types.StreamVtable[uint8]{
	Make:       makePipe,
	Read:       readBytes,
	Write:      writeBytes,
	DropReader: dropInputStream,
	DropWriter: dropOutputStream,
}

// MakeStreamU8 makes a stream<u8>.
func MakeStreamU8() (*types.StreamWriter[uint8], *types.StreamReader[uint8]) {
	return types.MakeStream(&U8)
}

// MakeStreamReaderU8 wraps an owned input-stream.
func MakeStreamReaderU8(inputStream int32) *types.StreamReader[uint8] {
	return types.MakeStreamReader(&U8, inputStream)
}

// MakeStreamWriterU8 wraps an owned output-stream.
func MakeStreamWriterU8(outputStream int32) *types.StreamWriter[uint8] {
	return types.MakeStreamWriter(&U8, outputStream)
}
