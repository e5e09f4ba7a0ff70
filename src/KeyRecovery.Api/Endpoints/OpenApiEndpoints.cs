using System.Text;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>GET /openapi/v1.json</c>: the committed <c>docs/openapi.json</c>, which lies beside the program. The build makes
/// it, and so no server loads the libraries that do.
/// </summary>
internal static class OpenApiEndpoints
{
    private const string DocumentName = "v1";

    private static readonly string File = Path.Combine(AppContext.BaseDirectory, "openapi.json");

    /// <summary>What the build needs to make it.</summary>
    public static void AddDescription(this IServiceCollection services) =>
        services.AddOpenApi(DocumentName, OpenApiDescription.Configure);

    public static void MapDescription(this IEndpointRouteBuilder routes)
    {
        var document = new Lazy<string>(() => System.IO.File.ReadAllText(File));
        routes.MapGet("/openapi/v1.json", () => Results.Text(document.Value, "application/json", Encoding.UTF8))
            .ExcludeFromDescription();
    }
}
