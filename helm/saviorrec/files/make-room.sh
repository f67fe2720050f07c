# Removes versions and finished stages that nobody needs any more, so that nightly runs do not fill the volume.
# make-room REPOSITORY MODEL KEEP_VERSIONS KEEP_STAGES_DAYS [ROUTING_FILE]
# Every number that the routing has is taken for a version of the model: it may keep too many, and never too few.
set -euo pipefail
repository=$1 model=$2 keep=$3 days=$4 routing=${5:-/dev/null}
[ -r "$routing" ] || { echo "$routing cannot be read; nothing is removed" >&2; exit 1; }
if [ "$keep" -gt 0 ] && [ -d "$repository/$model" ]; then
  cd "$repository/$model"
  rm -rf -- .removed-*
  # A folder without a manifest is no version yet.
  find . -mindepth 2 -maxdepth 2 -name manifest.json -printf '%h\n' | sed 's|^\./||' | { grep -xE '[1-9][0-9]*' || true; } |
    sort -rn | tail -n "+$((keep + 1))" | while read -r version; do
    if grep -qE "(^|[^0-9])$version([^0-9]|$)" "$routing"; then
      continue
    fi
    echo "removing $model/$version"
    # Gone as a whole from one moment to the next.
    mv -- "$version" ".removed-$version"
    rm -rf -- ".removed-$version"
  done
fi
if [ "$days" -gt 0 ] && [ -d "$repository/.stages" ]; then
  find "$repository/.stages" -mindepth 1 -maxdepth 1 -type d -mtime "+$days" -print -exec rm -rf -- {} +
fi
