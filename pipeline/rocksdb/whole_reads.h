// Files that are read from end to end are read whole, or not at all.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace tidemark {

// The same files as `env`; clock and threads are the machine's. To RocksDB a read that gives less than was asked for is a file's end: of a manifest it
// would take what comes before for all there is, and delete the tables that it hears nothing of. Here it is an error unless the file is so short.
std::unique_ptr<rocksdb::Env> WithWholeReads(rocksdb::Env* env);

}  // namespace tidemark
