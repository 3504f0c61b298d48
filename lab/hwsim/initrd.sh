#!/busybox sh
# The first process of the guest: load what the root disk needs, mount it, hand over to systemd.
/busybox mount -t proc proc /proc
/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /busybox insmod "$module"; done
until [ -b /dev/vda ]; do /busybox usleep 50000; done
/busybox mount -t ext4 -o noatime /dev/vda /root && /busybox mount --move /dev /root/dev
/busybox umount /proc
exec /busybox switch_root /root /sbin/init
