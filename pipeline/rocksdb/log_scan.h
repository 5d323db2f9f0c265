// What is wrong with a log of RocksDB (the write-ahead log, the manifest), which RocksDB itself doesn't tell apart.
#pragma once

#include <string>

#include "pipeline/base/status.h"

namespace rocksdb {
class FileSystem;
}

namespace tidemark {

// Ok(false): every record is whole. Ok(true): the last one is not, as one is left by who died, or lost power, while writing it: it
// was acknowledged to nobody. kCorrupt: damaged with records behind it, so that acknowledged ones would be lost. A log whose last
// record is complete but wrong counts as unfinished: a power cut can leave that, too.
Result<bool> EndsUnfinished(rocksdb::FileSystem* fs, const std::string& path);

// The same of all write-ahead logs of a directory: Ok(true) if one ends unfinished.
Result<bool> LogsEndUnfinished(rocksdb::FileSystem* fs, const std::string& directory);
// kCorrupt if the manifest in force is damaged where RocksDB would take it for the end; Ok also when there is none.
Status CheckManifest(rocksdb::FileSystem* fs, const std::string& directory);

}  // namespace tidemark
