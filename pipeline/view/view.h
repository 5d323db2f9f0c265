// What everyone outside the engine reads: the immutable result of one commit.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/base/ids.h"
#include "pipeline/base/time.h"
#include "pipeline/engine/source.h"
#include "pipeline/time/source_cover.h"

namespace tidemark {

// A KPI's value: nothing (absent), an exact decimal, or a real number where division was needed.
class Value {
 public:
  Value() = default;
  static Value Exact(Decimal d) { return Value(Kind::kExact, d, 0); }
  static Value Real(double r) { return Value(Kind::kReal, {}, r); }
  bool absent() const { return kind_ == Kind::kAbsent; }
  bool exact() const { return kind_ == Kind::kExact; }
  const Decimal& decimal() const { return decimal_; }
  double real() const { return kind_ == Kind::kExact ? ToDouble(decimal_) : real_; }
  // Decimals exactly, reals with the fewest digits that read back the same; "" when absent.
  std::string ToString() const;

 private:
  enum class Kind : uint8_t { kAbsent, kExact, kReal };
  Value(Kind kind, Decimal d, double r) : kind_(kind), decimal_(d), real_(r) {}
  Kind kind_ = Kind::kAbsent;
  Decimal decimal_;
  double real_ = 0;
};

// The labels of one series, shared by all KPIs and windows of its table.
struct SeriesLabels {
  std::vector<std::string> values;  // in the order of KpiInfo::labels
  std::string escaped;              // `channel="web",sales_region="emea"`, escaped for text exposition; "" without labels
};

// What a reader needs to know of a KPI.
struct KpiInfo {
  std::string name;                  // "leads_created"
  std::string family;                // "sales_leads_created"
  std::string help;
  std::string unit;
  std::vector<std::string> labels;   // names
  std::vector<std::string> windows;  // names
  bool counter = false;              // lifetime may also be shown as <family>_total: it never falls
  size_t lifetime_window = SIZE_MAX; // index into windows of `lifetime`
  std::string subject = {};          // of the catalogue; "": the configuration's own
  std::string written = {};          // its definition; of a derived KPI that of `made_of`
  std::string made_of = {};          // of a derived KPI: the name of the one that implies it
  std::string derived = {};          // what it is of that: "compare", "growth", "step_ratio", "target", "attainment", "pace", "expected"
  bool additive = false;             // values of series with different labels add up to that of fewer labels
};

// One value of one series in one window.
struct SeriesValue {
  const SeriesLabels& labels;
  size_t window;                     // index into KpiInfo::windows
  Value value;
  int64_t samples;                   // events behind it; formula: of its denominator
};
using SeriesVisitor = std::function<void(const SeriesValue&)>;

enum class BreachState : uint8_t { kInactive, kPending, kFiring };

// One (rule, series) as of the last evaluation.
struct BreachInfo {
  std::shared_ptr<const SeriesLabels> labels;
  BreachState state = BreachState::kInactive;
  Value observed;
  int64_t samples = 0;
  EventTime since = kNoEventTime;     // of the present state (pending, firing), else kNoEventTime
  int64_t transitions = 0;            // times it began or ended to fire, ever
};

struct RuleInfo {
  std::string name, kpi, unit, window, severity, team, help;
  std::vector<std::string> labels;   // label names of its KPI
  bool above = true;
  Decimal enter = {}, exit = {};
};

// Counters by reason; conservation: read == accepted + duplicate + quarantined + undecodable + unrouted + imported; where records are
// mapped, with those that gave no event on the right, and the events beyond the first of a record on the left.
struct RecordCounts {
  int64_t read = 0;
  int64_t accepted = 0;
  int64_t duplicate = 0;
  int64_t quarantined_future = 0;     // event time beyond max_future_skew
  int64_t quarantined_no_time = 0;    // no event time, or zero, negative or out of range
  int64_t undecodable[13] = {};       // by DecodeError
  int64_t unrouted = 0;               // valid, but of a type that no KPI reads (heartbeats, mostly), or a tombstone
  int64_t imported = 0;               // from before the cut of an import, which has them
  // Of sources whose records are mapped: records that gave events, and how many; records that gave none, and why.
  int64_t mapped = 0, events = 0;
  int64_t ignored = 0;                // dropped on purpose
  int64_t unmapped = 0;               // no rule is about them
  int64_t tombstones = 0;
  int64_t gaps = 0;                   // the source lost changes and says so
  int64_t rejected = 0;               // a value isn't what its field wants
  bool AddUp() const {
    int64_t sum = accepted + duplicate + quarantined_future + quarantined_no_time + unrouted + imported;
    for (const int64_t n : undecodable) sum += n;
    return read + (events - mapped) == sum + ignored + unmapped + tombstones + gaps + rejected;
  }
  // Of the accepted:
  int64_t late = 0;                   // older than the watermark of its partition
  int64_t too_old_to_dedup = 0;
  int64_t conflict = 0;               // of the duplicates: same id, another payload
  int64_t skipped_offsets = 0;        // lost to retention and stepped over (on_data_loss: skip)

  RecordCounts& operator+=(const RecordCounts& other) {
    for (int64_t RecordCounts::*n : {&RecordCounts::read, &RecordCounts::accepted, &RecordCounts::duplicate, &RecordCounts::quarantined_future,
                                     &RecordCounts::quarantined_no_time, &RecordCounts::unrouted, &RecordCounts::imported, &RecordCounts::mapped,
                                     &RecordCounts::events, &RecordCounts::ignored, &RecordCounts::unmapped, &RecordCounts::tombstones, &RecordCounts::gaps,
                                     &RecordCounts::rejected, &RecordCounts::late, &RecordCounts::too_old_to_dedup, &RecordCounts::conflict,
                                     &RecordCounts::skipped_offsets}) {
      this->*n += other.*n;
    }
    for (size_t e = 0; e < std::size(undecodable); ++e) undecodable[e] += other.undecodable[e];
    return *this;
  }
};

// Conservation: routed == counted + filtered + late_dropped + overflowed + unmatched.
struct KpiCounts {
  int64_t routed = 0;
  int64_t counted = 0;
  int64_t filtered = 0;               // `where` said no, or the measured field was absent
  int64_t late_dropped = 0;           // older than all that the KPI keeps
  int64_t overflowed = 0;             // counted in __other__; of entities also: found no room
  int64_t unmatched = 0;
};

// A record that a source's mapping could not take. Holds nothing of the record itself.
struct RejectedRecord {
  Offset offset = kNoOffset;          // kNoOffset: there was none since the start
  std::string why;                    // "events[1] (deal.won): deal.amount is no number"
};

struct PartitionView {
  TopicPartition tp;
  Offset next_offset = kNoOffset;
  Offset log_end = kNoOffset;         // last known
  EventTime stream_time = kNoEventTime;
  EventTime watermark = kNoEventTime;
  EventTime known_through = kNoEventTime;  // t_p
  PartitionHealth health = PartitionHealth::kOk;
  std::string reason;
  bool owned = false;
  bool holds_time = true;             // false once max_hold took it out of the minimum
  RecordCounts counts;
  RejectedRecord rejected;            // the last
  WallTime waits_since = WallTime::min();  // for a schema; min(): it doesn't
  // Of which event time something is missing: records were lost, or tell of changes that were. In order, the newest kMostUnobserved;
  // to: EventTime::max() while no event shows where time is.
  std::vector<TimeSpan> unobserved;
  static constexpr size_t kMostUnobserved = 16;
};

// A source of the configuration.
struct SourceView {
  std::string name;
  bool overdue = false;               // at the least T nothing covers it
  EventTime last_event = kNoEventTime;        // kNoEventTime: never heard
  EventTime complete_through = kNoEventTime;  // by a heartbeat, or by its newest event where it comes in batches; kNoEventTime: never said
};

struct KpiStatus {
  EventTime evaluated_at = kNoEventTime;   // its T
  bool held = false;                  // by sources that come in batches: T stands at what is complete of them
  bool counted = true;                // false: a back-fill counts it; it has no series yet
  bool withheld = false;              // counted, but not shown: entities found no room (limits.max_entities)
  uint64_t series = 0;
  uint64_t series_limit = 0;
  KpiCounts counts;
  std::vector<double> coverage;       // per window, 0..1
};

// What was seen of the records that a source maps, by event type and field. Of each record as often as it was mapped: one that was read
// again after a rebalance is there twice.
struct MappingStats {
  using ByField = std::map<std::pair<std::string, std::string>, int64_t>;
  std::string source;
  ByField missing;                    // a rule fired, and found nothing for the field
  ByField rejected;                   // records: a value isn't what the field wants
  int64_t rounded = 0;                // values that lost digits
  std::array<int64_t, 11> delay{};    // events by how long they happened before their record's Kafka timestamp: as commit_latency
  double delay_seconds_total = 0;
};
inline constexpr std::array<double, 10> kDelayBuckets = {1, 10, 60, 600, 3600, 6 * 3600, 86'400, 2 * 86'400, 3 * 86'400, 7 * 86'400};

// What the engine measured of itself since it started; not stored.
struct EngineStats {
  int64_t commits = 0;
  int64_t rebalances = 0;
  int64_t rounds = 0;
  int64_t commit_failures = 0;
  double commit_seconds_total = 0;
  std::array<int64_t, 16> commit_latency{};  // histogram; bucket n: up to kCommitBuckets[n] seconds, the last: more
  double last_commit_seconds = 0;
  int64_t last_commit_keys = 0;
  int64_t last_commit_bytes = 0;
  int64_t entities = 0;
  int64_t entities_limit = 0;         // 0: none
  // Memory by component, bytes.
  int64_t rows_bytes = 0, panes_bytes = 0, entities_bytes = 0, dedup_bytes = 0, fetch_bytes = 0;
  std::map<std::string, double> dedup_horizon_seconds;  // by topic
  std::vector<MappingStats> mappings;  // of sources that map records
};
inline constexpr std::array<double, 15> kCommitBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                          0.25,   0.5,   1,      2.5,   5,    10,    30};

// Immutable; any thread may read it, and keep it as long as it likes.
class View {
 public:
  virtual ~View() = default;
  virtual std::span<const KpiInfo> kpis() const = 0;
  virtual std::span<const RuleInfo> rules() const = 0;
  // Every series and window of a KPI, absent values included; series in a fixed order, windows within.
  virtual void ForEach(KpiId kpi, const SeriesVisitor& visit) const = 0;
  virtual const KpiStatus& status(KpiId kpi) const = 0;
  virtual std::span<const BreachInfo> breaches(RuleId rule) const = 0;
  virtual std::span<const PartitionView> partitions() const = 0;
  virtual std::span<const SourceView> sources() const = 0;
  virtual const EngineStats& stats() const = 0;
  // Everything assigned is restored, readable and in the minimum: numbers are whole.
  virtual bool complete() const = 0;
  // complete() and every partition's event time is within a minute or so of `now` of the last loop: caught up.
  virtual bool caught_up() const = 0;
  virtual uint64_t sequence() const = 0;  // of the commit, grows by one each
};

}  // namespace tidemark
