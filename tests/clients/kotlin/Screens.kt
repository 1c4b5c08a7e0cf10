// Says of each address that comes in which screen the app opens, and the screen's own path; "-" for none.
import java.util.Base64
import tagwire.links.Routes

fun main() {
    for (line in generateSequence(::readlnOrNull)) {
        // An address may hold the end of a line.
        val screen = Routes.screenOf(String(Base64.getDecoder().decode(line)))
        println(if (screen == null) "-" else "${screen::class.simpleName} ${Routes.pathOf(screen)}")
    }
}
