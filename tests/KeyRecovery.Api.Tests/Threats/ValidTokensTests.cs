using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>A token that held is believed for a minute, and never beyond its end.</summary>
public sealed class ValidTokensTests
{
    private static readonly AppUser Anna = new("demo", "issuer", "anna");
    private static readonly Hash256 Token = Hash256.Of("token"u8);

    private readonly MovableClock _clock = new();

    [Theory]
    [InlineData(3600, 59, true)]
    [InlineData(3600, 60, false)]
    [InlineData(30, 29, true)]
    [InlineData(30, 30, false)]
    public void It_is_known_for_a_minute_or_until_it_expires(int expiresIn, int after, bool known)
    {
        var (tokens, clock) = Known(expiresIn);
        clock.Move(TimeSpan.FromSeconds(after) - TimeSpan.FromMilliseconds(known ? 500 : 0));
        Assert.Equal(known, tokens.TryFind(Token, out var user));
        Assert.Equal(known ? Anna : null, user);
    }

    [Fact]
    public void A_clock_that_goes_back_makes_nothing_live_longer()
    {
        var (tokens, clock) = Known(3600);
        clock.Move(TimeSpan.FromMinutes(-10));
        Assert.False(tokens.TryFind(Token, out _));
    }

    [Fact]
    public void One_that_has_expired_within_the_tolerated_skew_is_not_kept()
    {
        var tokens = new ValidTokens(_clock);
        tokens.Add(Token, Anna, _clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.False(tokens.TryFind(Token, out _));
    }

    [Fact]
    public void Many_tokens_take_bounded_memory_and_the_newest_are_known()
    {
        var tokens = new ValidTokens(_clock);
        var expires = _clock.GetUtcNow() + TimeSpan.FromHours(1);
        var all = Enumerable.Range(0, 20_000).Select(i => Hash256.Of(BitConverter.GetBytes(i))).ToList();
        foreach (var token in all) tokens.Add(token, Anna, expires);
        var known = all.Select(token => tokens.TryFind(token, out _)).ToList();
        Assert.InRange(known.Count(k => k), 4096, 8192);
        Assert.All(known.TakeLast(4096), Assert.True);
    }

    private (ValidTokens Tokens, MovableClock Clock) Known(int expiresIn)
    {
        var tokens = new ValidTokens(_clock);
        tokens.Add(Token, Anna, _clock.GetUtcNow() + TimeSpan.FromSeconds(expiresIn));
        Assert.True(tokens.TryFind(Token, out _));
        return (tokens, _clock);
    }
}
