using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Ring;

public sealed class FileKekRingTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private string Folder => Path.Combine(_folder.Root, "ring");

    private string RootPath => Path.Combine(Folder, "root.key");

    private string RingPath => Path.Combine(Folder, "kek-ring");

    public void Dispose() => _folder.Dispose();

    private FileRootKey Root(bool mayCreate = true) => FileRootKey.Open(Folder, SystemRandom.Instance, mayCreate);

    private FileKekRing Ring(IRootKey root, bool mayCreate = true) =>
        FileKekRing.Open(Folder, root, SystemRandom.Instance, TimeProvider.System, mayCreate);

    private byte[] Make()
    {
        using var root = Root();
        using var ring = Ring(root);
        return ring.Current.Key.Span.ToArray();
    }

    private void Refused(string because)
    {
        var refusal = Assert.Throws<KekRingException>(() =>
        {
            using var root = Root(mayCreate: false);
            using var ring = Ring(root, mayCreate: false);
        });
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_comes_back_with_the_same_keys()
    {
        var key = Make();
        using var root = Root(mayCreate: false);
        using var ring = Ring(root, mayCreate: false);
        Assert.Equal(key, ring.Current.Key.Span.ToArray());
        Assert.Equal((new KekId(1), KekState.Current), (ring.Current.Id, ring.Current.State));
        Assert.True(ring.TryGet(new KekId(1), out var same));
        Assert.Same(ring.Current, same);
        Assert.False(ring.TryGet(new KekId(2), out _));
    }

    [Fact]
    public void The_ring_of_another_root_key_does_not_open()
    {
        Make();
        File.WriteAllBytes(RootPath, SystemRandom.Bytes(32));
        Refused("does not open under this root key");
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_the_file_is_refused()
    {
        Make();
        var file = File.ReadAllBytes(RingPath);
        for (var i = 0; i < file.Length; i++)
        {
            var flipped = file.ToArray();
            flipped[i] ^= 1;
            File.WriteAllBytes(RingPath, flipped);
            using var root = Root(mayCreate: false);
            Assert.Throws<KekRingException>(() => Ring(root, mayCreate: false));
        }

        File.WriteAllBytes(RingPath, file[..^1]);
        Refused("does not open");
        File.WriteAllBytes(RingPath, file);
        using var good = Root(mayCreate: false);
        Ring(good, mayCreate: false).Dispose();
    }

    [Fact]
    public void A_newer_format_is_named_as_such()
    {
        Make();
        var file = File.ReadAllBytes(RingPath);
        file["KRRING".Length] = 2;
        File.WriteAllBytes(RingPath, file);
        Refused("has format 2");
    }

    [Fact]
    public void What_accounts_depend_on_is_never_made_anew()
    {
        Make();
        var ring = File.ReadAllBytes(RingPath);
        File.Delete(RingPath);
        Refused($"{RingPath} is missing");
        File.WriteAllBytes(RingPath, ring);
        File.Delete(RootPath);
        Refused($"{RootPath} is missing");
        // Even where a new one may be made: a ring without its root key is a loss, and not a beginning.
        Assert.Throws<KekRingException>(() => Root());
    }

    [Fact]
    public void A_root_key_of_another_length_is_refused()
    {
        Make();
        File.WriteAllBytes(RootPath, SystemRandom.Bytes(31));
        Refused("has 31 bytes");
    }

    [Fact]
    public void A_draft_left_by_a_crash_stands_in_nobodys_way()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(RootPath + ".new", [1, 2, 3]);
        File.WriteAllBytes(RingPath + ".new", [1, 2, 3]);
        Make();
        Assert.Equal(["kek-ring", "root.key"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Both_files_are_private_and_neither_holds_a_KEK_in_the_clear()
    {
        var key = Make();
        foreach (var path in new[] { RootPath, RingPath })
        {
            Assert.Equal(-1, File.ReadAllBytes(path).AsSpan().IndexOf(key.AsSpan(0, 16)));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
    }

    [Fact]
    public void A_secret_wrapped_for_one_purpose_does_not_unwrap_for_another()
    {
        using var root = Root();
        byte[] secret = SystemRandom.Bytes(32);
        var wrapped = root.Wrap("one"u8, secret);
        Assert.False(root.TryUnwrap("other"u8, wrapped, out _));
        Assert.False(root.TryUnwrap("one"u8, wrapped.AsSpan(0, 39), out _));
        Assert.True(root.TryUnwrap("one"u8, wrapped, out var unwrapped));
        Assert.Equal(secret, unwrapped.Span.ToArray());
        Assert.Equal("[redacted]", root.ToString());
        unwrapped.Dispose();
    }
}
