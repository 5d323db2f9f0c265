# Writes the page's files as C++: cmake -DFILES=path,path -DOUTPUT=... -P embed_page.cmake
string(REPLACE "," ";" files "${FILES}")
set(entries "")
foreach(file ${files})
  file(READ ${file} content)
  get_filename_component(name ${file} NAME)
  string(APPEND entries "    {\"${name}\", R\"tidemark_page(${content})tidemark_page\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from daemon/page.
#include \"daemon/page_service.h\"

namespace tidemark {

std::span<const PageFile> ShippedPage() {
  static constexpr PageFile kFiles[] = {
${entries}  };
  return kFiles;
}

}  // namespace tidemark
")
