// Java's HttpClient, of HTTP/2 by preference, as it is by default. Prints the statuses of the answers.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;

public class Client {
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static HttpResponse<String> ask(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    static HttpRequest.Builder to(String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json");
    }

    public static void main(String[] given) throws Exception {
        String kept = given[0], direct = given[1];
        var listing = ask(to(kept + "/cluster-types/"));
        var tag = listing.headers().firstValue("etag").orElseThrow();
        var again = ask(to(kept + "/cluster-types/").header("If-None-Match", tag));
        var built = ask(to(kept + "/clusters/").POST(BodyPublishers.ofFile(Path.of(given[2]))));
        var health = ask(to(kept + "/health"));
        var refused = ask(to(direct + "/clusters/").POST(BodyPublishers.ofFile(Path.of(given[3]))));
        var title = refused.body().replaceAll(".*\"title\":\"([^\"]*)\".*", "$1");
        System.out.println(listing.statusCode() + " " + again.statusCode() + " " + built.statusCode() + " "
            + health.statusCode() + " " + refused.statusCode() + " " + title);
    }
}
