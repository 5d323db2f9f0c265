// The page for people: files that are part of the program, each compressed once.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "daemon/http.h"

namespace tidemark {

struct PageFile {
  std::string_view name;     // "app.js"
  std::string_view content;
};
// Those of daemon/page/, and Chart.js.
std::span<const PageFile> ShippedPage();

// `/` and `/kpi/NAME` are index.html; the others are at /assets/DIGEST/NAME. The digest is of all of them, so that browsers may
// keep each for good and never mix those of two versions. Threads: any.
class PageService {
 public:
  explicit PageService(std::span<const PageFile> files = ShippedPage());
  static bool Serves(std::string_view path);
  HttpResponse Answer(const HttpRequest& request) const;
  const std::string& assets() const { return assets_; }  // "/assets/DIGEST/"

 private:
  struct Ready {
    std::string_view type;
    std::shared_ptr<const DeflatedPart> plain, gzip;
  };
  std::string assets_;
  std::map<std::string, Ready, std::less<>> files_;
};

}  // namespace tidemark
