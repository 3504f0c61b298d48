"""What the lab's Debian image holds: packages, what is left out of them, what does not start."""

SUITE = "trixie"
SIZE = "2G"

_PACKAGES = """
    linux-image-amd64 busybox-static systemd-sysv udev dbus qemu-guest-agent kmod procps
    network-manager wpasupplicant iwd hostapd iw wireless-regdb rfkill
    iproute2 ethtool iputils-ping iperf3 dnsmasq-base nftables tcpdump python3 python3-venv
"""
PACKAGES = tuple(_PACKAGES.split())

# Kernel modules that no virtual Wi-Fi needs are most of the unpacked size.
_DRIVERS = """
    accel ata comedi edac gpu hid hwmon i2c iio infiniband input isdn leds media mfd mmc mtd nvme
    platform power scsi spi staging target usb video
    net/arcnet net/can net/ethernet net/fddi net/hamradio net/hippi net/usb net/wan
    net/wireless/ath net/wireless/atmel net/wireless/broadcom net/wireless/intel
    net/wireless/intersil net/wireless/marvell net/wireless/mediatek net/wireless/microchip
    net/wireless/purelifi net/wireless/quantenna net/wireless/ralink net/wireless/realtek
    net/wireless/rsi net/wireless/silabs net/wireless/st net/wireless/ti net/wireless/zydas
"""
_FILE_SYSTEMS = "bcachefs btrfs ceph f2fs gfs2 jfs nfs nfsd ocfs2 smb ubifs xfs"
_PROTOCOLS = "ax25 can ceph rds sctp tipc"
_MODULES = (
    *(f"drivers/{name}" for name in _DRIVERS.split()),
    *(f"fs/{name}" for name in _FILE_SYSTEMS.split()),
    *(f"net/{name}" for name in _PROTOCOLS.split()),
    "sound",
)

# Patterns of paths that dpkg does not unpack. Debian's own initrd would cost 8 s at every boot.
LEFT_OUT = (
    *(f"{usr}/lib/modules/*/kernel/{name}/*" for name in _MODULES for usr in ("", "/usr")),
    *(f"/usr/share/{name}/*" for name in ("doc", "info", "locale", "man")),
    "/etc/kernel/postinst.d/initramfs-tools",
)

# What the first program of the guest loads before it can mount the root disk.
DISK_MODULES = ("virtio_pci", "virtio_blk", "ext4")

# Daemons that start when asked for (NetworkManager starts wpa_supplicant over D-Bus).
ON_DEMAND = ("hostapd", "iwd", "wpa_supplicant", "NetworkManager-dispatcher", "dnsmasq", "iperf3")

_MASKED = """
    NetworkManager-wait-online.service apt-daily-upgrade.timer apt-daily.timer dpkg-db-backup.timer
    e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service
    modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service networking.service
    nftables.service serial-getty@ttyS0.service systemd-hibernate-clear.service
    systemd-logind.service systemd-pstore.service systemd-timesyncd.service
    systemd-update-utmp.service
"""
MASKED = tuple(_MASKED.split())
