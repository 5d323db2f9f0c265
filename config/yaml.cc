#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "config/read_file.h"
#include "config/scalar_place.h"

namespace tidemark::config {
namespace {

Mark FromYaml(const YAML::Mark& mark) { return mark.line < 0 ? Mark{} : Mark{mark.line + 1, mark.column + 1}; }

// What stops the reading of a file; thrown through yaml-cpp and caught in Parse.
struct Refused {
  Mark at;
  std::string text;
};

// Builds the tree from the parser's events, so that aliases are shared and not copied.
class TreeBuilder : public YAML::EventHandler {
 public:
  using Repeated = std::vector<std::pair<Mark, std::string>>;

  const std::shared_ptr<Node>& root() const { return root_; }
  const Repeated& repeated() const { return repeated_; }
  std::vector<Reference>& references() { return references_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_ != nullptr) throw Refused{FromYaml(mark), "a second document (---); a configuration is one document"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { Leaf(Node::Kind::kNull, mark, "", "", anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Leaf(Node::Kind::kScalar, mark, tag, value, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{FromYaml(mark), "an alias inside its own anchor"};
    Count(found->second->weight, mark);
    if (!open_.empty() && AtKey()) throw Refused{FromYaml(mark), "an alias can't be a key"};
    references_.push_back({FromYaml(mark), found->second});
    Place(found->second);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Node::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Node::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or map still being read. `key` is set between a map's key and its value.
  struct Level {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = 0;
    std::optional<Node::Entry> key;
    std::set<std::string> keys;
  };

  bool AtKey() const { return open_.back().node->kind == Node::Kind::kMap && !open_.back().key; }

  void Count(size_t weight, const YAML::Mark& mark) {
    total_ += weight;
    if (total_ > kMaxYamlNodes) throw Refused{FromYaml(mark), "too many values in one file, aliases counted"};
  }

  static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refused{FromYaml(mark), "tags (!...) have no meaning here"};
  }

  void Leaf(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, const std::string& value,
            YAML::anchor_t anchor) {
    RefuseTag(mark, tag);
    Count(1, mark);
    if (anchor != 0) references_.push_back({FromYaml(mark), nullptr});
    if (!open_.empty() && AtKey()) {
      open_.back().key = Node::Entry{kind == Node::Kind::kNull ? "null" : value, FromYaml(mark), nullptr};
      return;
    }
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->at = FromYaml(mark);
    node->text = value;
    node->quoted = tag == "!";
    if (anchor != 0) anchors_[anchor] = node;
    Place(node);
  }

  void Open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    RefuseTag(mark, tag);
    Count(1, mark);
    if (!open_.empty() && AtKey()) throw Refused{FromYaml(mark), "a list or map can't be a key"};
    if (open_.size() >= static_cast<size_t>(kMaxYamlDepth)) throw Refused{FromYaml(mark), "nested too deeply"};
    if (anchor != 0) references_.push_back({FromYaml(mark), nullptr});
    Level level;
    level.node = std::make_shared<Node>();
    level.node->kind = kind;
    level.node->at = FromYaml(mark);
    level.anchor = anchor;
    open_.push_back(std::move(level));
  }

  void Close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    if (level.anchor != 0) anchors_[level.anchor] = level.node;
    Place(level.node);
  }

  void Place(const std::shared_ptr<Node>& node) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    Level& level = open_.back();
    level.node->weight += node->weight;
    if (level.node->kind == Node::Kind::kList) {
      level.node->items.push_back(node);
      return;
    }
    Node::Entry entry = std::move(*level.key);
    level.key.reset();
    if (!level.keys.insert(entry.key).second) {
      repeated_.emplace_back(entry.at, entry.key);
      return;
    }
    entry.value = node;
    level.node->entries.push_back(std::move(entry));
  }

  std::shared_ptr<Node> root_;
  std::vector<Level> open_;
  std::map<YAML::anchor_t, std::shared_ptr<Node>> anchors_;
  std::vector<Reference> references_;
  Repeated repeated_;
  size_t total_ = 0;
};

}  // namespace

Document::Document(std::string file, std::string_view source) : file_(std::move(file)), source_(source) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < source_.size(); ++i) {
    if (source_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::optional<Document> Document::Parse(std::string file, std::string_view yaml, Diagnostics* diagnostics) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (yaml.starts_with(kByteOrderMark)) yaml.remove_prefix(kByteOrderMark.size());
  if (yaml.size() > kMaxYamlBytes) {
    diagnostics->Add({file, 0, 0}, "larger than 4 MiB; a configuration is smaller than that");
    return std::nullopt;
  }
  Document document(std::move(file), yaml);
  if (const size_t bad = FirstUnprintable(yaml); bad != std::string_view::npos) {
    diagnostics->Add(PlaceOfByte(document.file_, yaml, bad), "not UTF-8 text");
    return std::nullopt;
  }
  TreeBuilder builder;
  Mark at;
  std::string problem;
  try {
    std::istringstream in(document.source_);
    YAML::Parser parser(in);
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const Refused& refused) {
    at = refused.at;
    problem = refused.text;
  } catch (const YAML::Exception& e) {
    at = FromYaml(e.mark);
    problem = "not valid YAML: " + e.msg;
  } catch (const std::exception&) {
    problem = "not valid YAML";
  }
  for (const auto& [mark, key] : builder.repeated()) {
    diagnostics->Add(document.At(mark), "\"" + key + "\" is given twice");
  }
  if (problem.empty() && builder.root() == nullptr) problem = "the file is empty";
  if (!problem.empty()) {
    diagnostics->Add(document.At(at), problem);
    return std::nullopt;
  }
  document.root_ = builder.root();
  document.references_ = std::move(builder.references());
  return document;
}

std::optional<Document> Document::Load(const std::string& path, Diagnostics* diagnostics, ReadFile* file) {
  const Result<std::string> text = ReadText(path, kMaxYamlBytes, file);
  if (text.ok()) return Parse(path, *text, diagnostics);
  diagnostics->Add({path, 0, 0}, "can't read the file: " + text.status().text());
  return std::nullopt;
}

Place Document::Inside(const Node& scalar, size_t offset) const {
  const auto line = static_cast<size_t>(scalar.at.line);
  if (line == 0 || line > line_starts_.size()) return At(scalar.at);
  const size_t start = line_starts_[line - 1] + static_cast<size_t>(scalar.at.column - 1);
  return PlaceOfByte(file_, source_, SourceOfScalar(source_, start, offset, scalar.text));
}

std::string_view Document::Line(int line) const {
  const size_t start = line_starts_[static_cast<size_t>(line) - 1];
  return std::string_view(source_).substr(start, source_.find('\n', start) - start);
}

std::span<const Reference> Document::ReferencesIn(int line) const {
  const auto begin = std::partition_point(references_.begin(), references_.end(), [&](const Reference& r) { return r.at.line < line; });
  return {begin, std::partition_point(begin, references_.end(), [&](const Reference& r) { return r.at.line == line; })};
}

}  // namespace tidemark::config
