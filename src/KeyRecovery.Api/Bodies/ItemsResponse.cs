using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>The items of an account as they are now.</summary>
internal sealed record ItemsResponse(
    [property: Description("In the manifest's order.")] IReadOnlyList<ItemResponse> Items)
{
    public static ItemsResponse Of(IEnumerable<WrittenItem> items) => new([.. items.Select(ItemResponse.Of)]);
}
