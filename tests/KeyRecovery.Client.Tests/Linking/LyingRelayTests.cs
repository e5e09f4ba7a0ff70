using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;
using Messages = System.Collections.Generic.IReadOnlyDictionary<string, byte[]>;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>
/// Z15: a relay that changes, cuts, repeats, reorders or withholds any message moves no key, and both devices say why.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LyingRelayTests(ServerFixture fixture)
{
    /// <summary>In the order in which they are sent: from N and E, with the two parts of the bundle.</summary>
    private static readonly string[] Sent = ["n0", "e0", "n1", "e1", "n2", "e2", "n3", "e3", "n4", "e4", "e5", "n5"];

    private static readonly Dictionary<string, Func<string, Messages, byte[]?>> Lies = new()
    {
        ["a bit changed"] = (name, sent) => Flip(sent[name], sent[name].Length / 2),
        ["the first byte changed"] = (name, sent) => Flip(sent[name], 0),
        ["cut off"] = (name, sent) => sent[name][..^1],
        ["empty"] = (_, _) => [],
        ["lengthened"] = (name, sent) => [.. sent[name], 0],
        ["too long"] = (name, sent) => [.. sent[name], .. new byte[LinkLimits.MessageBytes]],
        ["the same side's message before it again"] = (name, sent) => sent[$"{name[0]}{Math.Max(0, name[1] - '1')}"],
        ["the reader's own last message"] = (name, sent) => sent.Where(m => m.Key[0] != name[0])
            .MaxBy(m => m.Key).Value,
    };

    public static TheoryData<string> Kinds => [.. Lies.Keys];

    [Fact]
    public async Task Z15_negative_control_a_relay_that_only_carries_is_left_alone()
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        var relay = new LyingRelay(scene, (name, sent) => sent[name]);
        await scene.RunAsync();
        TestDevice.Value(await scene.Existing);
        Assert.Equal(scene.Bundle, TestDevice.Value(await scene.Joining).Bundle.Span.ToArray());
        Assert.Equal(Sent.Order(), relay.Sent.Keys.Order());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Z15_a_relay_that_lies_in_any_one_message_moves_no_key(string kind)
    {
        // Nothing comes before a side's first message, and its reader has sent nothing before it either.
        var isOther = kind is "the same side's message before it again" or "the reader's own last message";
        foreach (var pair in Sent.Where(name => !isOther || name[1] != '0').Chunk(4))
            await Task.WhenAll(pair.Select(name => EndsAsync(name, Lies[kind])));
    }

    [Fact]
    public async Task Z15_a_message_of_another_session_in_any_place_ends_this_one()
    {
        await using var other = await LinkScene.NewAsync(fixture);
        var relay = new LyingRelay(other, (name, sent) => sent[name]);
        await other.RunAsync();
        TestDevice.Value(await other.Existing);
        foreach (var names in Sent.Chunk(4))
            await Task.WhenAll(names.Select(name => EndsAsync(name, (due, _) => relay.Sent[due])));
    }

    [Fact]
    public Task Z15_a_later_part_of_the_bundle_in_the_place_of_an_earlier_ends_it() => EndsAsync("e4", (_, sent) =>
    {
        Assert.True(SpinWait.SpinUntil(() => sent.ContainsKey("e5"), TimeSpan.FromMinutes(1)));
        return sent["e5"];
    });

    [Fact]
    public async Task Z15_a_message_that_is_withheld_until_the_session_is_over_leaves_nothing_behind()
    {
        foreach (var names in Sent.Chunk(4))
        {
            await Task.WhenAll(names.Select(name => EndsAsync(
                name, (_, _) => null, new ClientFailure.LinkGone(),
                new ClientFailure.LinkEnded(LinkFailure.Cancelled))));
        }
    }

    private static byte[] Flip(byte[] message, int at)
    {
        var copy = (byte[])message.Clone();
        copy[at] ^= 0x10;
        return copy;
    }

    private Task EndsAsync(string name, Func<string, Messages, byte[]?> lie) => EndsAsync(
        name, lie, new ClientFailure.LinkEnded(name[1] == '0' ? LinkFailure.Handshake : LinkFailure.Tampered),
        new ClientFailure.LinkEnded(LinkFailure.PeerFailed));

    // Before there is a channel, a device can tell the other nothing but that the session is over.
    private async Task EndsAsync(
        string name, Func<string, Messages, byte[]?> lie, ClientFailure onReader, ClientFailure onSender)
    {
        await using var scene = await LinkScene.NewAsync(fixture);
        _ = new LyingRelay(scene, (due, sent) => due == name ? lie(due, sent) : sent[due]);
        await scene.RunAsync();

        var existing = (await scene.Existing as Result<LinkedDevice>.Failed)?.Failure;
        var joining = (await scene.Joining as Result<Linked>.Failed)?.Failure;
        var isUnfinished = joining is ClientFailure.LinkUnfinished;
        if (joining is ClientFailure.LinkUnfinished { Why: var why }) joining = why;
        var (reader, sender) = name[0] == 'n' ? (existing, joining) : (joining, existing);
        if (name[1] == '0') onSender = new ClientFailure.LinkGone();
        Assert.True(reader == onReader, $"{name}: its reader says {reader}");

        // The acknowledgement comes when all is done; what comes late can undo nothing.
        Assert.True(name == "n5" ? sender is null : sender == onSender, $"{name}: its sender says {sender}");
        using var kept = await scene.Laptop.Store.LoadAsync(default);
        // From its signature on, which is n3, the laptop keeps what the phone may have added.
        var hasSigned = Array.IndexOf(Sent, name) >= Array.IndexOf(Sent, "n3");
        Assert.True(kept is not null == hasSigned, $"{name}: what the laptop keeps");
        Assert.True(isUnfinished == (hasSigned && name != "n5"), $"{name}: what the laptop says of it");

        // The account grows by the commit alone, which comes before "committed", and only after digits and consent.
        var isCommitted = Array.IndexOf(Sent, name) >= Array.IndexOf(Sent, "e3");
        Assert.True(await scene.CountDevicesAsync() == (isCommitted ? 2 : 1), $"{name}: devices of the account");
        Assert.True(!isCommitted || (scene.HasShownDigits && scene.Asked is not null), $"{name}: digits and consent");
    }
}
