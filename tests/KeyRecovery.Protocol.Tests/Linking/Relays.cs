using KeyRecovery.Protocol.Linking;

namespace KeyRecovery.Protocol.Tests.Linking;

/// <summary>A relay that changes, drops, repeats, reorders, truncates or invents messages.</summary>
public class Relays
{
    private static readonly List<(string Name, byte[] Bytes)> Honest = new LinkRun().Go().Sent;

    public static TheoryData<string> Messages => [.. Honest.Select(message => message.Name)];

    [Fact]
    public void A_relay_that_only_carries_is_left_alone()
    {
        var run = new LinkRun((_, message) => message).Go();
        Assert.Null(run.Ended);
        Assert.Equal(
            ["handshake-1", "handshake-2", "commitment", "digits", "reveal", "offer", "possession", "committed",
                "ready", "bundle-0", "received"],
            run.Sent.Select(message => message.Name));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_changed_byte_anywhere_ends_the_session(string name)
    {
        for (var at = 0; at < Length(name); at++) Ends(name, message => Forge.Flip(message, at, (byte)(1 << (at % 8))));
    }

    // X25519 ignores the top bit of a public key, the handshake does not.
    [Theory]
    [InlineData("handshake-1")]
    [InlineData("handshake-2")]
    public void A_bit_that_the_curve_ignores_ends_it_too(string name) =>
    Ends(name, message => Forge.Flip(message, 31, 0x80));

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_cut_off_lengthened_or_too_long_ends_the_session(string name)
    {
        foreach (var length in new[] { 0, 1, 15, 16, 17, 47, Length(name) - 16, Length(name) - 1 }
            .Where(length => length < Length(name)))
            Ends(name, message => message[..length]);
        Ends(name, message => [.. message, 0]);
        Ends(name, message => [.. message, .. new byte[LinkLimits.MessageBytes]]);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_in_the_place_of_another_ends_the_session(string name)
    {
        // Repeated, reordered, sent back to its author, or the next one after a dropped one.
        foreach (var (other, bytes) in Honest.Where(message => message.Name != name)) Ends(name, _ => bytes, other);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_of_another_session_ends_this_one(string name)
    {
        var other = new LinkRun { Seed = 99 }.Go().Sent.Single(message => message.Name == name).Bytes;
        Ends(name, _ => other);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    public void Parts_of_the_bundle_in_another_order_end_the_session(int sent, int due)
    {
        var bundle = new TestRandom(5).Bytes(20_000);
        var parts = new LinkRun { Bundle = bundle }.Go().Sent
            .ToDictionary(message => message.Name, message => message.Bytes);
        var run = new LinkRun((name, message) => name == $"bundle-{due}"
            ? parts[$"bundle-{sent}"] : message) { Bundle = bundle }.Go();
        Assert.Equal(("new", LinkFailure.Tampered), run.Ended);
        Assert.Null(run.Received);
    }

    private static int Length(string name) => Honest.Single(message => message.Name == name).Bytes.Length;

    private static void Ends(string name, Func<byte[], byte[]> change, string what = "")
    {
        var run = new LinkRun((due, message) => due == name ? change(message) : message).Go();
        var reason = name.StartsWith("handshake", StringComparison.Ordinal)
            ? LinkFailure.Handshake : LinkFailure.Tampered;
        var side = name is "handshake-2" or "digits" or "offer" or "committed" or "bundle-0" ? "new" : "existing";
        Assert.True(run.Ended == (side, reason), $"{name} {what}: {run.Ended}");

        // What comes late can undo nothing; what comes before the bundle keeps it from moving.
        Assert.Equal(name is "received", run.Received is not null);
        Assert.Equal(name is "committed" or "ready" or "bundle-0" or "received", run.Committed);
        Assert.Equal(name is "bundle-0" or "received", run.Sent.Any(message => message.Name == "bundle-0"));
    }
}
