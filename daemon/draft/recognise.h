// Which system wrote a record, and what follows: where its row is, what tells its types apart, its id and its time.
#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>
#include <vector>

#include "daemon/draft/observed.h"

namespace tidemark::draft {

struct Kind {
  std::string what = {};                  // "changes of tables, by Debezium"
  std::string shape = {};                 // as `shape` takes it; "": event
  std::string ships = {};                 // a mapping that ships for it; "": none
  std::string caution = {};               // what can't be mapped of it; "": nothing
  std::vector<std::string> row = {};      // where the row is; empty: the record is it
  std::vector<std::string> old = {};      // where it is when it is gone; empty: nowhere
  std::vector<std::string> meta = {};     // where `meta` is; empty, with has_meta: all of it
  bool has_meta = false;
  bool changes = false;              // of rows: there is an `op`
  std::vector<std::string> types = {};    // paths whose words tell types apart; empty: to be found
  std::vector<std::string> ids = {};      // parts of an id, those that are there; empty: to be found
  std::vector<std::string> times = {};    // in this order, those that are there; empty: to be found
  std::string version = {};               // where it is there
};

// Of a record without its envelope.
const Kind& KindOf(const google::protobuf::Value& record);
// What lies beside a schema, as Kafka Connect's converter puts it; null when it doesn't.
const google::protobuf::Value* Payload(const google::protobuf::Value& record);

// Paths of what is usually so called, the best first; only those that are in `seen`.
std::vector<std::string> IdsIn(const SeenPaths& seen, int64_t records);
std::vector<std::string> TimesIn(const SeenPaths& seen);
std::vector<std::string> TypesIn(const SeenPaths& seen, int64_t records);

// In small letters and digits only.
std::string Squeezed(std::string_view text);
// The last step of a path, and the two last together, so.
std::string LastOf(const std::string& path);
std::string LastTwoOf(const std::string& path);
int DepthOf(const std::string& path);

}  // namespace tidemark::draft
