# Removes versions and finished stages that nobody needs any more, so that nightly runs do not fill the volume.
# make-room REPOSITORY MODEL KEEP_VERSIONS KEEP_STAGES_DAYS [MODEL/VERSION that the routing names …]
set -euo pipefail
repository=$1 model=$2 keep=$3 days=$4
shift 4
if [ "$keep" -gt 0 ] && [ -d "$repository/$model" ]; then
  cd "$repository/$model"
  rm -rf -- .removed-*
  # A folder without a manifest is no version yet.
  find . -mindepth 2 -maxdepth 2 -name manifest.json -printf '%h\n' | sed 's|^\./||' | { grep -xE '[1-9][0-9]*' || true; } |
    sort -rn | tail -n "+$((keep + 1))" | while read -r version; do
    for named in "$@"; do
      [ "$named" != "$model/$version" ] || continue 2
    done
    echo "removing $model/$version"
    # Gone as a whole from one moment to the next.
    mv -- "$version" ".removed-$version"
    rm -rf -- ".removed-$version"
  done
fi
if [ "$days" -gt 0 ] && [ -d "$repository/.stages" ]; then
  find "$repository/.stages" -mindepth 1 -maxdepth 1 -type d -mtime "+$days" -print -exec rm -rf -- {} +
fi
