using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>
/// A whole session between two honest devices. Every message goes through a relay, which may do with it what it likes;
/// a state is tried a second time after each step, which must throw.
/// </summary>
internal sealed class LinkRun(Func<string, byte[], byte[]>? relay = null)
{
    private readonly LinkWorld _world = LinkWorld.One;
    private TestRandom _random = new(0);

    /// <summary>Of all randomness on both sides.</summary>
    public int Seed { get; init; } = 11;

    /// <summary>What the existing device hands over.</summary>
    public byte[] Bundle { get; init; } = new TestRandom(12).Bytes(500);

    /// <summary>How the code gets from one device to the other; by QR unless told.</summary>
    public Func<LinkCode, LinkCode> Carry { get; init; } = static code =>
        Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(code.ToQrText())).Code;

    public LinkScope NewScope { get; init; } = LinkWorld.Scope;

    /// <summary>Every message as sent, in order.</summary>
    public List<(string Name, byte[] Bytes)> Sent { get; } = [];

    /// <summary>Which side ended the session and why; null where it came to its end.</summary>
    public (string Side, LinkFailure Reason)? Ended { get; private set; }

    /// <summary>Whether the existing device got as far as to commit.</summary>
    public bool Committed { get; private set; }

    /// <summary>What the new device has in the end.</summary>
    public byte[]? Received { get; private set; }

    public LinkRun Go()
    {
        _random = new TestRandom(Seed);
        try
        {
            Run();
        }
        catch (EndedException ended)
        {
            Ended = (ended.Side, ended.Reason);
        }

        return this;
    }

    private void Run()
    {
        using var displaying = ExistingDisplaying.Begin(LinkWorld.Scope, _random);
        using var code = Carry(displaying.Code);
        using var joining = NewJoining.Begin(code, NewScope, _world.Device, _random);
        var (greeted, handshake2) = Existing(displaying.Receive(Relay("handshake-1", joining.Message), _random));
        UsedUp(displaying, () => displaying.Receive([], _random));
        var (shows, commitment) = New(joining.Receive(Relay("handshake-2", handshake2), _random));
        UsedUp(joining, () => joining.Receive([], _random));
        var (asks, _) = Existing(greeted.Receive(Relay("commitment", commitment)));
        UsedUp(greeted, () => greeted.Receive([]));
        Assert.True(LinkDigits.TryParse(shows.Digits.ToDisplayString(), out var typed));
        var (awaiting, digits) = asks.Type(typed);
        UsedUp(asks, () => asks.Type(typed));
        var (revealed, reveal) = New(shows.Receive(Relay("digits", digits)));
        UsedUp(shows, () => shows.Receive([]));
        var (reviews, _) = Existing(awaiting.Receive(Relay("reveal", reveal)));
        UsedUp(awaiting, () => awaiting.Receive([]));
        Assert.Equal(("Ada's laptop", "Linux"), (reviews.Name, reviews.Platform));
        var (offered, offer) = reviews.Approve(_world.Draft);
        UsedUp(reviews, () => reviews.Approve(_world.Draft));
        var (joins, _) = New(revealed.Receive(Relay("offer", offer)));
        UsedUp(revealed, () => revealed.Receive([]));
        Assert.Equal(_world.After.Account, joins.Account);
        var (signed, possession) = joins.Approve();
        UsedUp(joins, () => joins.Approve());
        var (proven, _) = Existing(offered.Receive(Relay("possession", possession)));
        UsedUp(offered, () => offered.Receive([]));
        Assert.Equal(_world.After.Chain.Head.Bytes, proven.Draft.Sign(_world.Phone.Signing, proven.Possession).Bytes);
        Committed = true;
        Finish(proven, signed);
    }

    private void Finish(ExistingProven proven, NewSigned signed)
    {
        var (committed, place) = proven.Committed(TestHome.Keys[0]);
        UsedUp(proven, () => proven.Committed(TestHome.Keys[0]));
        var (verifies, _) = New(signed.Receive(Relay("committed", place)));
        UsedUp(signed, () => signed.Receive([]));
        var (receiving, ready) = New(verifies.Verify(_world.After));
        UsedUp(verifies, () => verifies.Verify(_world.After));
        var (sending, _) = Existing(committed.Receive(Relay("ready", ready)));
        UsedUp(committed, () => committed.Receive([]));
        var (sent, parts) = sending.Send(Bundle, _random);
        UsedUp(sending, () => sending.Send(Bundle, _random));
        for (var i = 0; i < parts.Count - 1; i++)
        {
            var used = receiving;
            (receiving, _) = Again(receiving.Receive(Relay($"bundle-{i}", parts[i])));
            UsedUp(used, () => used.Receive([]));
        }

        var (linked, receipt) = New(receiving.Receive(Relay($"bundle-{parts.Count - 1}", parts[^1])));
        UsedUp(receiving, () => receiving.Receive([]));
        using (linked) Received = linked.Content.Span.ToArray();
        var (done, _) = Existing(sent.Receive(Relay("received", receipt)));
        UsedUp(sent, () => sent.Receive([]));
        Assert.Equal(_world.Laptop.Id, done.Device);
    }

    private ReadOnlySpan<byte> Relay(string name, ReadOnlyMemory<byte> message)
    {
        Sent.Add((name, message.ToArray()));
        return relay is null ? message.Span : relay(name, message.ToArray());
    }

    private static void UsedUp(IDisposable state, Action again)
    {
        Assert.Throws<InvalidOperationException>(again);
        state.Dispose();
    }

    private static LinkStep<T>.Next Existing<T>(LinkStep<T> step) => Next(step, "existing");

    private static LinkStep<T>.Next New<T>(LinkStep<T> step) => Next(step, "new");

    private static LinkStep<T>.Next Next<T>(LinkStep<T> step, string side) =>
        step is LinkStep<T>.Failed failed
            ? throw new EndedException(side, failed.Reason) : Assert.IsType<LinkStep<T>.Next>(step);

    private static LinkFork<T, TAgain>.Next Existing<T, TAgain>(LinkFork<T, TAgain> fork) => Next(fork, "existing");

    private static LinkFork<T, TAgain>.Next New<T, TAgain>(LinkFork<T, TAgain> fork) => Next(fork, "new");

    private static LinkFork<T, TAgain>.Next Next<T, TAgain>(LinkFork<T, TAgain> fork, string side) =>
        fork is LinkFork<T, TAgain>.Failed failed
            ? throw new EndedException(side, failed.Reason) : Assert.IsType<LinkFork<T, TAgain>.Next>(fork);

    private static LinkFork<T, TAgain>.Again Again<T, TAgain>(LinkFork<T, TAgain> fork) =>
        fork is LinkFork<T, TAgain>.Failed failed
            ? throw new EndedException("new", failed.Reason) : Assert.IsType<LinkFork<T, TAgain>.Again>(fork);

    private sealed class EndedException(string side, LinkFailure reason) : Exception
    {
        public string Side { get; } = side;

        public LinkFailure Reason { get; } = reason;
    }
}
