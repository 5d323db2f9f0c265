// What a configuration says, as values: config/ fills these from YAML, Plan::Compile checks and resolves them.
// Every part that can be wrong carries its Place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/mapping/spec.h"
#include "pipeline/plan/lookup_table.h"
#include "pipeline/time/calendar.h"

namespace tidemark {

// ---- where ----------------------------------------------------------------------------------------------------

// A constant in an expression.
using Literal = std::variant<bool, Decimal, std::string>;

// `where`: or, and, not over comparisons, `in` and has(). A tree as written; types are checked by Plan::Compile.
struct Expr {
  enum class Kind { kOr, kAnd, kNot, kCompare, kIn, kHas, kField };
  enum class Op { kEq, kNe, kLt, kLe, kGt, kGe };
  Kind kind = Kind::kField;
  Op op = Op::kEq;                           // kCompare
  std::string field;                         // kCompare, kIn, kHas, kField (a boolean field by itself)
  std::vector<Literal> literals;             // kCompare: one; kIn: one or more
  std::vector<std::unique_ptr<Expr>> args;   // kOr, kAnd: two or more; kNot: one
  Place place;                               // of this part, inside the YAML scalar
};
// The one spelling that equal expressions share, for fingerprints: `(and (= "order.currency" "USD") ...)`.
std::string Canonical(const Expr& expr);
// The same, with each field called what `name` makes of it.
std::string Canonical(const Expr& expr, const std::function<std::string(const std::string&)>& name);

// ---- formula --------------------------------------------------------------------------------------------------

struct Formula {
  enum class Kind { kNumber, kKpi, kAdd, kSubtract, kMultiply, kDivide, kNegate };
  Kind kind = Kind::kNumber;
  Decimal number;
  std::string kpi;       // kKpi: the KPI's name
  std::string window;    // kKpi: after '@' ("lifetime", "24h"); empty: the window being computed
  bool previous = false; // kKpi: `@previous`: the window before the one being computed
  bool total = false;    // kKpi: total(kpi): summed over all its labels, for shares of a total
  std::vector<std::unique_ptr<Formula>> args;
  Place place;
};

// ---- KPIs -----------------------------------------------------------------------------------------------------

enum class Measure {
  kCount, kSum, kAvg, kMin, kMax, kLast, kQuantiles,  // of events
  kDistinct, kFirst, kActive, kLapsed,                // of ids
  kElapsed, kFunnel, kDwell, kOpen,                   // of what happens to one id
  kFormula,
};
std::string_view ToString(Measure measure);  // "count", "sum", ...

// Which event of a pair a label is taken from: `from.lead.channel`, `to.lead.owner`.
enum class Side : uint8_t { kNone, kFrom, kTo };

struct LabelSpec {
  std::string name;                  // of the Prometheus label
  std::string field;                 // path; for a formula: same as name
  Side side = Side::kNone;           // of elapsed and funnel; kNone there: from, the first step
  std::vector<std::string> values;   // declared values: these series always exist; empty: none declared
  bool allow_personal = false;       // `personal: allow`: the field is marked personal and shall be shown all the same
  bool hash = false;                 // `personal: hash`: its stand-in is shown; `field` is an implied derived field then
  Place place;
};

// A rolling window, a calendar period in the time zone of `calendar`, lifetime, or (of open) now.
struct WindowSpec {
  std::string name;                  // as written: "24h", "lifetime"; the value of the `window` label
  enum class Kind : uint8_t { kRolling, kLifetime, kToDate, kClosed } kind = Kind::kRolling;
  Duration length{};                 // rolling
  std::optional<Duration> step;      // `step:` override
  CalendarUnit unit = CalendarUnit::kDay;  // to date: the period that holds T; closed: the one before it
  Place place;
  bool lifetime() const { return kind == Kind::kLifetime; }
};

// `compare`: the same window at another time. Exactly one of the three.
struct CompareSpec {
  std::string name;                  // as written: "previous", "1w", "1mo", "1y"; the value of the `compare` label
  bool previous = false;             // the window, or period, before
  Duration back{};                   // so long before
  int months = 0;                    // so many calendar months before
  Place place;
};

// `target`: what a KPI shall reach in one of its windows. Nothing of it is stored.
struct TargetSpec {
  std::string window;                // one of the KPI's, as it spells it
  std::optional<Decimal> value;      // of the series that nothing below names; none: they have no target
  std::string by;                    // the label whose value chooses; "": none does
  std::map<std::string, Decimal> values;  // by the label's value
  std::string table, column;         // or in the row whose key it is
  std::string path;                  // what messages call it
  Place place;
  Place table_place, column_place;
};

// What an entity's later events do to what it contributed, where that was counted (`key` names the entity).
struct CorrectionSpec {
  std::vector<std::string> by;       // event types whose fields replace those of the counted event
  std::vector<std::string> add;      // event types whose measured field is added to it (refunds)
  // Event types that take it back: of counts and sums until it is counted again, of ids and what happens to them for good.
  std::vector<std::string> revoke;
  bool empty() const { return by.empty() && add.empty() && revoke.empty(); }
};

struct KpiSpec {
  std::string name;                  // family <namespace>_<name>
  std::string help;
  std::string unit;                  // "usd", "seconds", "ratio", "" (a plain number)
  std::vector<std::string> on;       // event types
  std::unique_ptr<Expr> where;       // null: every event
  Measure measure = Measure::kCount;
  std::string field;                 // of sum, avg, min, max, last, quantiles, dwell; of open: its value, "" for a count
  // The entity's id: the first of these paths that an event has. `key`, or the field of distinct, first, active,
  // lapsed. Its name is the first.
  std::vector<std::string> key;
  int64_t at_least = 1;              // distinct: ids with so many events in the window
  std::vector<std::string> stats;    // quantiles, elapsed, dwell: "p50", "p99.9", "avg", "sum", "count", in this order
  // elapsed: two steps; funnel: two or more. Each is one event type, or several that count alike.
  std::vector<std::vector<std::string>> steps;
  std::optional<Duration> within;    // elapsed, funnel: later steps don't count
  bool mature = false;               // elapsed, funnel: only ids whose `within` is over
  std::vector<std::string> until;    // open, dwell: event types that end it
  std::vector<std::string> reopen;   // open: event types that undo the end
  Duration reopen_within = std::chrono::hours(90 * 24);
  bool open_distinct = false;        // open: how many different values of `field` there are, not their sum
  std::optional<Duration> silent_for;   // open: only those without an event for so long
  std::optional<Duration> waiting_for;  // open: only those whose labels have not changed for so long
  CorrectionSpec correct;
  bool once = false;                 // implied by a source: each id counts where it came first
  std::vector<CompareSpec> compare;
  std::vector<TargetSpec> targets;   // at most one a window
  int64_t top = 0;                   // only so many series, the greatest; the rest is __other__. 0: all
  bool nonnegative = false;          // a sum that never falls: exposed as a counter over lifetime
  std::unique_ptr<Formula> formula;
  std::vector<LabelSpec> by;
  std::vector<WindowSpec> windows;
  int64_t min_samples = 0;           // formula: fewer in its denominator, or avg: fewer events, is absent
  std::optional<uint64_t> max_series;
  std::optional<Duration> series_idle;
  std::string subject;               // of the catalogue; "": the configuration's own
  std::string written;               // the definition as it stands in its file, for people
  std::string path;                  // what messages call it: "kpis[2]" of its file
  Place place;
  std::map<std::string, Place> at;   // places of clauses by key: "on", "where", "sum", "unit", "step", ...
};

// ---- rules ----------------------------------------------------------------------------------------------------

enum class Absent { kHold, kClear, kBreach };

// Local hours in which a rule may start a breach; outside, its state is held.
struct ActiveHours {
  std::string time_zone;             // IANA; default UTC
  std::vector<int> weekdays;         // 1 = Monday .. 7 = Sunday; empty: all
  int from_minute = 0;               // minutes after local midnight; to_minute exclusive, <= 1440
  int to_minute = 1440;
  Place place;
};

struct RuleSpec {
  std::string name;
  std::string kpi;
  std::string window;
  // Breach is entered when the value is above (below) `enter` and left when it is no more above (below) `exit`.
  enum class Direction { kAbove, kBelow } direction = Direction::kAbove;
  Decimal enter;
  Decimal exit;                      // hysteresis; equal to enter when not given
  Duration hold_for{};               // `for`: the breach must last this long before it fires
  int64_t min_samples = 0;
  Decimal min_coverage;              // 0 to 1; below it a value is as if absent
  Absent absent = Absent::kHold;
  std::optional<ActiveHours> active;
  std::map<std::string, std::string> labels;  // only series with these label values
  std::string severity = "warning";
  std::string team = "sales-ops";
  std::string help;
  Place place;
  std::map<std::string, Place> at;
};

// ---- input and limits -----------------------------------------------------------------------------------------

enum class OnDataLoss { kHalt, kSkip };
enum class OffsetReset { kEarliest, kLatest };

struct DedupSpec {
  bool enabled = true;
  Duration horizon = std::chrono::hours(24);
  uint64_t max_ids = 2'000'000;
  bool drop_too_old = false;         // older than the horizon: dropped instead of applied
  Place place;
};

struct TopicSpec {
  std::string name;
  std::vector<std::string> events;   // the event types it carries; empty: any
  DedupSpec dedup;
  std::string source;                // the source that says how its records become events; "": they are events
  uint64_t mapping = 0;              // a hash of what it says; 0: nothing
  Place place;
};

// A system whose events come through the topics.
struct SourceSpec {
  std::string name;
  std::string source;                // the attribute `source` of its events
  std::vector<std::string> feeds;    // the event types that it brings; empty: any
  std::optional<Duration> expect_every;  // something is to be heard of it so often; nullopt: whenever it is
  std::optional<Duration> complete_after;  // it comes in batches: events may follow that are older than its newest by as much; nullopt: it doesn't
  std::shared_ptr<const MappingSpec> mapping;  // null: its records are events
  Place place;
  std::vector<Place> feeds_at;
};

struct TimeSpec {
  bool event_clock = false;                                    // `clock: event`: watermarks only
  Duration max_out_of_orderness = std::chrono::seconds(10);    // watermark = stream time - this
  Duration max_future_skew = std::chrono::minutes(5);
  Duration align = std::chrono::minutes(1);
  Duration max_hold = std::chrono::minutes(2);
};

struct LimitSpec {
  uint64_t memory_bytes = 0;               // 0: from the cgroup or the machine
  uint64_t max_series = 100'000;           // per KPI, unless the KPI says otherwise
  uint64_t max_entities = 0;               // 0: as many as there are
  uint64_t max_record_bytes = 1 << 20;
  uint64_t max_label_value_bytes = 256;
  Duration series_idle = std::chrono::hours(7 * 24);
  uint64_t min_free_disk_bytes = 512ull << 20;
  Place place;
};

// A file as it was read: at most `limit` bytes and one more of it.
struct ReadFile {
  std::string path;
  size_t limit = 0;
  uint64_t content = 0;              // a hash of it; 0: it could not be read
};

struct KafkaSpec {
  std::string brokers;
  std::string group = "tidemark";
  OffsetReset auto_offset_reset = OffsetReset::kEarliest;
  OnDataLoss on_data_loss = OnDataLoss::kHalt;
  bool backfill = true;              // KPIs that the state doesn't have are counted over what the logs still hold
  std::map<std::string, std::string> properties;  // any librdkafka property, secrets already read from *_file
  std::vector<ReadFile> files;                    // those, whether they could be read or not
  Place place;
  std::map<std::string, Place> at;                // of each property
};

// Where records go that can't be counted.
struct DeadLetterSpec {
  std::string topic;                 // "": nowhere
  Place place;
};

struct HttpSpec {
  std::string listen_address = "0.0.0.0:9464";
  bool enable_lifecycle = false;
  bool enable_ids = false;           // ids of entities may be asked for
  uint32_t max_connections = 256;
};

// A schema registry (Confluent's interface), which has the schemas that records name by number.
struct RegistrySpec {
  std::vector<std::string> urls;     // asked in this order
  std::string username;              // of basic auth; "": none
  std::string password_file, bearer_token_file;     // read at each request, so that they may change
  std::string ca_file, cert_file, key_file;
  Duration timeout = std::chrono::seconds(10);      // of a request
  std::set<uint32_t> missing;        // numbers that nobody has a schema for any more: their records can't be decoded
  std::vector<ReadFile> files;       // those named above, whether they could be read or not
};

// What stand-ins of personal values are made with.
struct PrivacySpec {
  std::string hash_key;              // as read from its file; empty: none
  std::vector<ReadFile> files;       // that, whether it could be read or not
};

struct StorageSpec {
  std::string path = "./tidemark-state";
};

// ---- derived fields and tables --------------------------------------------------------------------------------

// What a derived field is computed from, as written; types are checked by Plan::Compile.
struct FieldExpr {
  enum class Kind : uint8_t {
    kNumber, kField, kAdd, kSubtract, kMultiply, kNegate,
    kFilled,   // how many of its args are present and not empty
    kSince,    // whole units between its arg, a time, and the event's time
    kLookup,   // a table's column in the row whose key its arg is
    kHash,     // the stand-in of its arg, a text; only ever a whole definition
  };
  Kind kind = Kind::kNumber;
  Decimal number;                // kNumber
  std::string field;             // kField: a path, or another derived field
  Duration unit{};               // kSince
  std::string table, column;     // kLookup
  std::vector<std::unique_ptr<FieldExpr>> args;
  Place place;
};

struct FieldSpec {
  std::string name;              // no path of any event type
  bool implied = false;          // by a label with `personal: hash`
  std::unique_ptr<FieldExpr> expr;
  Place place;
};

struct TableSpec {
  std::string name;
  std::string topic;             // a compacted topic whose records are its rows; "": the file is all there is
  std::string file;              // as the process finds it: below the configuration's directory unless absolute; "": none
  std::string key;               // the column that lookups go by
  std::map<std::string, ColumnType> columns;    // declared types; other columns of a file are text
  std::shared_ptr<const LookupTable> contents;  // as read with the configuration
  bool dates = false;            // its keys are dates, like 2026-12-25
  std::string stamp;             // of the file when it was read: differs once it has changed
  Place place;
};

// A whole configuration.
struct Specs {
  std::vector<ReadFile> files;       // what it was read from, but for secrets and tables
  std::string metric_namespace = "sales";
  CalendarSpec calendar;
  Place calendar_place;
  std::string holidays;          // of the calendar: the table whose keys are the dates; "": none
  Place holidays_place;
  KafkaSpec kafka;
  std::vector<TopicSpec> topics;
  std::vector<SourceSpec> sources;
  DeadLetterSpec dead_letters;
  TimeSpec time;
  LimitSpec limits;
  HttpSpec http;
  StorageSpec storage;
  std::optional<RegistrySpec> registry;  // nothing: there is none
  PrivacySpec privacy;
  std::vector<TableSpec> tables;
  std::vector<FieldSpec> fields;
  std::vector<KpiSpec> kpis;
  std::vector<RuleSpec> rules;
  std::vector<std::pair<std::string, std::string>> left_out;  // KPIs of the catalogue that the sources can't feed rightly, and why
};

}  // namespace tidemark
