using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>GET /openapi/v1.json</c>: the committed <c>docs/openapi.json</c>, made once and byte for byte the same.
/// </summary>
internal static class OpenApiEndpoints
{
    public const string DocumentName = "v1";

    public static void MapDescription(this IEndpointRouteBuilder routes)
    {
        var document = new Lazy<Task<string>>(() => WriteAsync(routes.ServiceProvider));
        routes.MapGet(
            "/openapi/v1.json", async () => Results.Text(await document.Value, "application/json", Encoding.UTF8))
            .ExcludeFromDescription();
    }

    private static async Task<string> WriteAsync(IServiceProvider services)
    {
        var provider = services.GetRequiredKeyedService<IOpenApiDocumentProvider>(DocumentName);
        var document = await provider.GetOpenApiDocumentAsync();
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
    }
}
