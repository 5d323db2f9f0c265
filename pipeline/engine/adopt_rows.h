// Tables of one state, taken into another. Internal to adopt.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pipeline/base/ids.h"
#include "pipeline/store/keys.h"
#include "pipeline/store/store.h"

namespace tidemark {

// Gathers writes into commits of bounded size.
class BulkWriter {
 public:
  explicit BulkWriter(Store* store) : store_(*store) {}
  Status Put(Family family, std::string key, std::string value);
  Status Flush();

 private:
  Store& store_;
  CommitBatch batch_;
  size_t bytes_ = 0;
};

// One table of `side` and where it goes in `store`.
struct TableMove {
  StoredTable from, to;
  bool merge = false;                           // `to` has rows of its own: rows are matched by their labels
  std::map<uint32_t, uint32_t> rows;            // merge: row there by row here
  const std::map<uint32_t, uint32_t>* tags = nullptr;  // histograms of a table that is merged: its rows
};

// Panes, under numbers that nothing in `store` knows of yet; and everything else of a table that isn't merged.
// `sequence`: of the commit that makes them known.
Status MoveBulk(const Store& side, uint64_t sequence, TableMove* move, BulkWriter* out);
// Rows and head of a table that is merged; fills move->rows. REQUIRES: called before MoveBulk.
Status MergeRows(const Store& store, const Store& side, TableMove* move, CommitBatch* batch);

}  // namespace tidemark
