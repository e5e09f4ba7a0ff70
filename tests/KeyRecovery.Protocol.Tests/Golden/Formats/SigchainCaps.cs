using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Tests.Golden.Formats;

/// <summary>Each number of authorities at its cap and one above: in link 0, in a link, at once, ever.</summary>
internal sealed class SigchainCaps
{
    private readonly TestRandom _random = new(2702);
    private readonly TestAuthority _phone = TestAuthority.Device(new TestRandom(2703));

    public static IEnumerable<(string, IReadOnlyList<SignedChainLink>)> Valid()
    {
        var caps = new SigchainCaps();
        var phone = caps._phone;
        yield return ("link 0 adds 8", caps.Eight().Links);
        yield return ("a link adds 4", caps.Eight().Adds(phone, caps.Draw(4)).Links);
        yield return ("32 are active", caps.Full([]).Links);
        var gone = caps.Draw(2);
        yield return ("32 are active, two of whom came for two",
            caps.Full(gone).Next(phone, 1, gone, caps.Draw(2)).Links);
        yield return ("512 ever", caps.Ever(out _).Links);
    }

    public static IEnumerable<(string, IReadOnlyList<SignedChainLink>)> Invalid()
    {
        var caps = new SigchainCaps();
        var phone = caps._phone;
        yield return ("link 0 adds 9", SigchainStory.Begin(phone, caps.Draw(8)).Links);
        yield return ("a link adds 5", caps.Eight().Adds(phone, caps.Draw(5)).Links);
        yield return ("33 are active", caps.Full([]).Adds(phone, caps.Draw(1)).Links);
        var gone = caps.Draw(1);
        yield return ("33 are active, two of whom came for one",
            caps.Full(gone).Next(phone, 1, gone, caps.Draw(2)).Links);
        var ever = caps.Ever(out var slots);
        yield return ("513 ever", ever.Next(phone, ever.Links[^1].Link.Epoch, slots, caps.Draw(1)).Links);
    }

    /// <summary>A chain of one link, which adds as many as it may.</summary>
    private SigchainStory Eight() => SigchainStory.Begin(_phone, Draw(7));

    /// <summary>
    /// A chain of one epoch in which as many are active as may be, <paramref name="some"/> among them.
    /// </summary>
    private SigchainStory Full(TestAuthority[] some)
    {
        var story = Eight();
        for (var active = 8; active < 28; active += 4) story = story.Adds(_phone, Draw(4));
        return story.Adds(_phone, [.. some, .. Draw(4 - some.Length)]);
    }

    /// <summary>A chain that has added as many as it ever may.</summary>
    private SigchainStory Ever(out TestAuthority[] slots)
    {
        slots = Draw(7);
        var story = SigchainStory.Begin(_phone, slots);
        for (var added = 8; added < 512; added += 4)
        {
            var fresh = Draw(4);
            story = story.Next(_phone, story.Links[^1].Link.Epoch, slots, fresh);
            slots = fresh;
        }
        return story;
    }

    private TestAuthority[] Draw(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => TestAuthority.Slot(AuthorityKind.Code, default, _random))];
}
