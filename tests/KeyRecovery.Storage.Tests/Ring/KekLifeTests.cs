using KeyRecovery.Service.Keys;
using KeyRecovery.Storage.Files.Ring;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Ring;

/// <summary>next → current → retiring → destroyed: durable before it counts, and gone when it is said to be.</summary>
public sealed class KekLifeTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly FileRootKey _root;
    private readonly FileKekRing _ring;

    public KekLifeTests()
    {
        _root = FileRootKey.Open(Folder, SystemRandom.Instance, mayCreate: true);
        _ring = Open(mayCreate: true);
    }

    private string Folder => Path.Combine(_folder.Root, "ring");

    private string RingPath => Path.Combine(Folder, FileKekRing.FileName);

    public void Dispose()
    {
        _ring.Dispose();
        _root.Dispose();
        _folder.Dispose();
    }

    private FileKekRing Open(bool mayCreate = false) =>
        FileKekRing.Open(Folder, _root, SystemRandom.Instance, TimeProvider.System, mayCreate);

    private string States() => string.Concat(_ring.Standings.Select(kek => kek.State.ToString()[0]));

    private void AssertReopensTheSame()
    {
        using var again = Open();
        Assert.Equal(_ring.Standings.ToList(), again.Standings.ToList());
        Assert.Equal(_ring.Current.Key.Span.ToArray(), again.Current.Key.Span.ToArray());
    }

    private static async Task DoneAsync(ValueTask<RingResult> change) => Assert.IsType<RingResult.Done>(await change);

    [Fact]
    public async Task Each_change_is_in_the_file_when_it_counts()
    {
        var first = _ring.Current;
        await DoneAsync(_ring.AddNextAsync(default));
        await DoneAsync(_ring.AddNextAsync(default));
        Assert.Equal("CN", States());
        Assert.Same(first.Key, _ring.Current.Key);
        AssertReopensTheSame();

        await DoneAsync(_ring.PromoteAsync(default));
        Assert.Equal("RC", States());
        Assert.Equal(new KekId(2), _ring.Current.Id);
        Assert.True(_ring.TryGet(new KekId(1), out var retiring));
        Assert.Equal(first.Key.Span.ToArray(), retiring.Key.Span.ToArray());
        AssertReopensTheSame();

        await DoneAsync(_ring.DestroyAsync(new KekId(1), default));
        Assert.Equal("DC", States());
        Assert.False(_ring.TryGet(new KekId(1), out _));
        Assert.Throws<ObjectDisposedException>(() => first.Key.Span.ToArray());
        AssertReopensTheSame();
        await DoneAsync(_ring.DestroyAsync(new KekId(1), default));
        await DoneAsync(_ring.AddNextAsync(default));
        Assert.Equal(new KekId(3), _ring.Standings[^1].Id);
    }

    [Fact]
    public async Task Only_a_retiring_KEK_that_nobody_wraps_under_can_be_destroyed()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _ring.PromoteAsync(default));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await _ring.DestroyAsync(new KekId(1), default));
        await DoneAsync(_ring.AddNextAsync(default));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await _ring.DestroyAsync(new KekId(2), default));
        var (lease, another) = (_ring.Wrap(), _ring.Wrap());
        await DoneAsync(_ring.PromoteAsync(default));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await _ring.DestroyAsync(new KekId(1), default));

        var drained = _ring.DrainAsync(new KekId(1), default);
        lease.Dispose();
        lease.Dispose();
        Assert.False(drained.IsCompleted);
        using (var late = _ring.Wrap()) Assert.Equal(new KekId(2), late.Kek.Id);
        another.Dispose();
        await drained;
        await DoneAsync(_ring.DestroyAsync(new KekId(1), default));
    }

    [Fact]
    public async Task Of_many_leases_across_a_promotion_none_is_of_a_KEK_that_was_drained()
    {
        for (uint round = 1; round <= 200; round++)
        {
            await DoneAsync(_ring.AddNextAsync(default));
            using var stop = new CancellationTokenSource();
            var old = new KekId(round);
            var drained = 0;
            var takers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    var over = Volatile.Read(ref drained);
                    using var lease = _ring.Wrap();
                    Assert.False(over == 1 && lease.Kek.Id == old);
                    _ = lease.Kek.Key.Span[0];
                }
            })).ToList();
            await DoneAsync(_ring.PromoteAsync(default));
            await _ring.DrainAsync(old, default);
            Volatile.Write(ref drained, 1);
            await DoneAsync(_ring.DestroyAsync(old, default));
            await stop.CancelAsync();
            await Task.WhenAll(takers);
        }
    }

    [Fact]
    public async Task What_replaces_the_ring_overwrites_the_old_file_where_it_lies()
    {
        // A second name for the old file's blocks.
        var link = Path.Combine(_folder.Root, "blocks");
        Assert.Null(Shell.Try("ln", RingPath, link));
        var before = File.ReadAllBytes(link);
        Assert.Contains(before, b => b != 0);
        await DoneAsync(_ring.AddNextAsync(default));
        Assert.Equal(new byte[before.Length], File.ReadAllBytes(link));
    }

    [Theory]
    [InlineData("kek-ring.bak")]
    [InlineData("kek-ring~")]
    public async Task A_copy_that_lies_beside_the_ring_stops_the_destruction(string name)
    {
        await DoneAsync(_ring.AddNextAsync(default));
        await DoneAsync(_ring.PromoteAsync(default));
        var copy = Path.Combine(Folder, name);
        File.Copy(RingPath, copy);
        var refused = Assert.IsType<RingResult.Refused>(await _ring.DestroyAsync(new KekId(1), default));
        Assert.Contains(copy, refused.Reason, StringComparison.Ordinal);
        Assert.Equal("RC", States());
        AssertReopensTheSame();
        File.Delete(copy);
        await DoneAsync(_ring.DestroyAsync(new KekId(1), default));
    }

    [NeedsFact(Need.Chattr)]
    public async Task A_ring_that_cannot_be_replaced_refuses_and_loses_nothing()
    {
        await DoneAsync(_ring.AddNextAsync(default));
        await DoneAsync(_ring.PromoteAsync(default));
        var key = _ring.Current.Key.Span.ToArray();
        Assert.Null(Shell.Try("chattr", "+i", RingPath));
        try
        {
            Assert.IsType<RingResult.Refused>(await _ring.DestroyAsync(new KekId(1), default));
            Assert.IsType<RingResult.Refused>(await _ring.AddNextAsync(default));
            Assert.IsType<RingResult.Refused>(await _ring.ResealAsync(default));
            Assert.Equal("RC", States());
            Assert.True(_ring.TryGet(new KekId(1), out var retiring));
            Assert.Equal(32, retiring.Key.Span.Length);
            AssertReopensTheSame();
        }
        finally
        {
            Assert.Null(Shell.Try("chattr", "-i", RingPath));
        }

        await DoneAsync(_ring.DestroyAsync(new KekId(1), default));
        Assert.Equal(key, _ring.Current.Key.Span.ToArray());
    }

    [Fact]
    public void What_a_crash_left_of_a_ring_is_wiped_when_it_is_opened_again()
    {
        var draft = RingPath + ".new";
        File.Copy(RingPath, draft);
        Open().Dispose();
        Assert.False(File.Exists(draft));
    }
}
