// A Grafana dashboard as values, and as JSON of the classic model (schemaVersion 39), for provisioning.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark {

// One query of a panel; its letter is its place among them.
struct PanelQuery {
  std::string expr;
  std::string legend = {};
  bool instant = false;              // one value now, else a line over the time range
};

// Field properties of what one query yields, of a table: of one column. (id, JSON text)
struct FieldOverride {
  size_t of = 0;                     // index
  std::vector<std::pair<std::string, std::string>> properties;
};

struct Link {
  std::string title, url;
};

// From this value on, the colour; the first one's value counts for everything below.
using ColourSteps = std::vector<std::pair<double, std::string>>;

struct Panel {
  enum class Kind { kStat, kTimeSeries, kBarGauge, kGauge, kTable, kText };
  Kind kind = Kind::kStat;
  std::string title;
  std::string description;           // of kText: what it says, as Markdown
  std::string unit = "short";        // Grafana's id
  int width = 6, height = 4;         // of 24 columns; in steps of 30 pixels
  std::vector<PanelQuery> queries;
  std::vector<FieldOverride> overrides = {};
  ColourSteps colours = {};          // empty: one colour for all
  std::vector<std::pair<std::string, std::string>> mappings = {};  // value -> "colour:text"
  std::vector<Link> links = {};      // of its values
  std::vector<std::pair<std::string, std::string>> columns = {};   // kTable: (label or "Value #A", title), in this order
  std::string sort = {};             // kTable: the title of the column to sort by, greatest first
  bool from_zero = false;            // the axis, or the bar, begins at 0
  double max = 0;                    // of gauges and bars; 0: of the data
  std::string no_value = {};         // shown in place of nothing
  bool show_name = false;            // kStat: the legend in place of the number
};

struct Row {
  std::string title;
  bool collapsed = false;
  std::vector<Panel> panels;         // from left to right, as many in a line as fit
};

struct Variable {
  enum class Kind { kDatasource, kQuery, kCustom, kConstant };
  Kind kind = Kind::kQuery;
  std::string name, label;
  std::string query = {};            // kQuery: label_values(..), or query_result(..) of which `regex` takes a part; kConstant: its value
  std::string regex = {};            // kQuery: the options are in the order of the result
  std::vector<std::string> options = {};  // kCustom
  std::string current = {};          // kCustom: the one that is chosen at first
  bool all = false;                  // several may be chosen, and at first all are
};

struct Annotation {
  std::string name, colour, expr, title, text;
  bool at_value = false;             // the value is the time, in milliseconds
};

struct Dashboard {
  std::string uid, title, description;
  std::vector<std::string> tags;
  std::string from = "now-24h", refresh = "30s";
  std::vector<Variable> variables;
  std::vector<Annotation> annotations;
  std::vector<Link> links = {};
  std::vector<Row> rows;
};

// The file's text. Panels get their places and numbers here, so the same dashboard always yields the same bytes.
std::string DashboardJson(const Dashboard& dashboard);

}  // namespace tidemark
