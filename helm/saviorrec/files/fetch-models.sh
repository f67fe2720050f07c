# Makes /models like the repository in the object store: fetch-models REMOTE [FOLDER].
# An empty store, or one whose path is mistyped, gives no error; to be like it would take all servers their models.
remote=$1 folder=${2:-/models}
found=$(rclone lsf --max-depth 1 --exclude '.*/**' "$remote") || exit
[ -n "$found" ] || { echo "$remote has no models; nothing is changed" >&2; exit 1; }
exec rclone sync --delete-after --exclude '.*/**' "$remote" "$folder"
