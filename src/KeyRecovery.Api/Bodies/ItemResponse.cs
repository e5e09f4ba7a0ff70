using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>One item as it is now.</summary>
internal sealed record ItemResponse
{
    [Description("The item's id.")]
    public required string Id { get; init; }

    [Description("SHA-256 of the sealed bytes: GET them by it.")]
    public required string Hash { get; init; }

    [Description("Who signed the commit that brought it; absent where a repair did.")]
    public string? Writer { get; init; }

    [Description("Whether that authority was young then.")]
    public required bool Young { get; init; }

    public static ItemResponse Of(WrittenItem item) => new()
    {
        Id = item.Item.Id.ToString(),
        Hash = item.Item.Hash.ToString(),
        Writer = item.Writer.Id?.ToString(),
        Young = item.Writer.IsYoung,
    };
}
