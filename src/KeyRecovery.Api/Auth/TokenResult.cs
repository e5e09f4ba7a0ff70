using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Auth;

/// <summary>What reading an app token came to.</summary>
internal abstract record TokenResult
{
    private TokenResult() { }

    /// <summary>The token holds.</summary>
    public sealed record Valid(AppUser User) : TokenResult;

    /// <summary>The request carries no token.</summary>
    public sealed record Missing : TokenResult
    {
        public static readonly Missing Instance = new();
    }

    /// <summary>The token does not hold; why is nobody's business.</summary>
    public sealed record Invalid : TokenResult
    {
        public static readonly Invalid Instance = new();
    }

    /// <summary>The issuer's keys cannot be had at the moment.</summary>
    public sealed record KeysUnavailable : TokenResult
    {
        public static readonly KeysUnavailable Instance = new();
    }
}
