#!/bin/bash
# Make a bootable Debian with everything Wi-Fi: FOLDER/{rootfs.img,vmlinuz,initrd.img}, about 40 s.
# Needs root and qemu-system-x86, mmdebstrap, e2fsprogs, cpio, xz-utils. SUITE and MIRROR may be set.
set -euo pipefail
folder=$(realpath -m "${1:?usage: image.sh FOLDER}")
suite=${SUITE:-trixie}
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE) $(ORIGIN)' | awk '$2 == "Debian" && !/security/ {print $1; exit}')}
: "${mirror:?no Debian mirror is configured here; set MIRROR}"
root=$folder/rootfs

packages=(
  linux-image-amd64 busybox-static systemd-sysv udev dbus qemu-guest-agent kmod procps
  network-manager wpasupplicant iwd hostapd iw wireless-regdb rfkill dnsmasq-base
  iproute2 ethtool iputils-ping iperf3 python3
)
# What no laboratory needs is most of the kernel package.
drivers=(accel ata comedi edac gpu hid hwmon i2c iio infiniband input isdn leds media mfd mmc mtd
  nvme platform power scsi spi staging target usb video)
net=(can ethernet fddi hamradio hippi usb wan)
wireless=(ath atmel broadcom intel intersil marvell mediatek microchip purelifi quantenna ralink
  realtek rsi silabs st ti zydas)
file_systems=(bcachefs btrfs ceph f2fs gfs2 jfs nfs nfsd ocfs2 smb ubifs xfs)

unwanted() {
  printf '%s\n' "${drivers[@]/#/drivers/}" "${net[@]/#/drivers/net/}" \
    "${wireless[@]/#/drivers/net/wireless/}" "${file_systems[@]/#/fs/}" sound
}

bootstrap() {
  local options=() path
  while read -r path; do
    options+=(--dpkgopt="path-exclude=/lib/modules/*/kernel/$path/*"
      --dpkgopt="path-exclude=/usr/lib/modules/*/kernel/$path/*")
  done < <(unwanted)
  for path in doc info locale man; do options+=(--dpkgopt="path-exclude=/usr/share/$path/*"); done
  options+=(--dpkgopt='path-exclude=/etc/kernel/postinst.d/initramfs-tools') # see initrd below
  mmdebstrap --mode=root --variant=minbase --format=directory --components=main \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io "${options[@]}" \
    --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$root" "$mirror"
}

# Five modules and a shell: the distribution's initrd costs 8 s a boot under emulation.
initrd() {
  local work module number=10
  work=$(mktemp -d)
  mkdir "$work"/{modules,proc,dev,root}
  cp "$root/usr/bin/busybox" "$work/"
  while read -r module; do
    case $module in
      *.xz) xz -dc "$root$module" ;;
      *.zst) zstd -dc "$root$module" ;;
      *) cat "$root$module" ;;
    esac >"$work/modules/$number.ko"
    number=$((number + 1))
  done < <(chroot "$root" modprobe -S "$(ls "$root/lib/modules")" -a --show-depends \
    virtio_pci virtio_blk ext4 | awk '$1 == "insmod" && !seen[$2]++ {print $2}')
  cat >"$work/init" <<'EOF'
#!/busybox sh
/busybox mount -t proc proc /proc
/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /busybox insmod $module; done
until [ -b /dev/vda ]; do /busybox usleep 50000; done
/busybox mount -t ext4 -o noatime /dev/vda /root
/busybox mount --move /dev /root/dev
/busybox umount /proc
exec /busybox switch_root /root /sbin/init
EOF
  chmod +x "$work/init"
  (cd "$work" && find . | cpio -o -H newc --quiet) >"$folder/initrd.img"
  rm -rf "$work"
}

configure() {
  cd "$root"
  rm -rf boot/* var/cache/apt/* var/lib/apt/lists/*
  echo laboratory >etc/hostname
  printf '127.0.0.1 localhost laboratory\n::1 localhost\n' >etc/hosts
  cat >etc/fstab <<'EOF'
/dev/vda / ext4 noatime 0 0
share /share 9p trans=virtio,version=9p2000.L,msize=262144,nofail,x-systemd.automount 0 0
EOF
  mkdir -p share etc/NetworkManager/conf.d etc/systemd/{journald,system}.conf.d
  # NetworkManager has the station; the access points and the machine's own card are not its own.
  cat >etc/NetworkManager/conf.d/laboratory.conf <<'EOF'
[main]
no-auto-default=*
[keyfile]
unmanaged-devices=interface-name:eth*;interface-name:ap*;interface-name:veth*;interface-name:hwsim*
EOF
  printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' >etc/systemd/journald.conf.d/laboratory.conf
  printf '[Manager]\nDefaultTimeoutStopSec=5s\nDefaultTimeoutStartSec=120s\n' \
    >etc/systemd/system.conf.d/laboratory.conf
  local unit
  for unit in NetworkManager-dispatcher dnsmasq hostapd iperf3 iwd wpa_supplicant; do
    rm -f "etc/systemd/system/"*.wants/$unit.service # started on demand, as tests ask
  done
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service \
    systemd-hibernate-clear.service systemd-pstore.service systemd-timesyncd.service \
    systemd-update-utmp.service modprobe@drm.service modprobe@efi_pstore.service \
    modprobe@fuse.service networking.service NetworkManager-wait-online.service; do
    ln -sf /dev/null "etc/systemd/system/$unit"
  done
  ln -sf /usr/lib/systemd/system/multi-user.target etc/systemd/system/default.target
  chroot . systemctl enable --quiet NetworkManager
  chroot . passwd --quiet --delete root
  echo 5f2c0c0ffee04c0fa1b2c3d4e5f60718 >etc/machine-id # otherwise every boot is a first one
  chroot . ldconfig
  touch -d '+1 day' etc/.updated var/.updated # otherwise every boot follows an update
}

mkdir -p "$folder"
rm -rf "$root"
bootstrap
cp "$root"/boot/vmlinuz-* "$folder/vmlinuz"
initrd
(configure)
mkfs.ext4 -q -F -L laboratory -O ^has_journal -d "$root" "$folder/rootfs.new" 2G
rm -rf "$root"
mv "$folder/rootfs.new" "$folder/rootfs.img"
