namespace KeyRecovery.Api.Options;

/// <summary>One app: whose tokens it trusts, and its policy.</summary>
internal sealed class AppOptions : TokenSourceOptions
{
    /// <summary>1 to 64 of <c>a-z 0-9 . -</c>. It is part of every account's id: never rename it.</summary>
    public string Id { get; set; } = "";

    /// <summary>What the app allows.</summary>
    public AppPolicyOptions Policy { get; set; } = new();
}
